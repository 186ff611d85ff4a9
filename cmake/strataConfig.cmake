# find_package(strata) gives strata::strata, which needs Eigen, and strata::io where zlib, libpng and
# nlohmann_json are found. find_package(strata COMPONENTS io) insists on the latter. Threads are used
# where OpenMP is found, unless STRATA_OPENMP is set to OFF before.
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 5 QUIET CONFIG)
endif()
if(NOT TARGET Eigen3::Eigen)
  include(CMakeFindDependencyMacro)
  find_dependency(Eigen3 3.4 CONFIG)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/strataTargets.cmake)

if(NOT DEFINED STRATA_OPENMP OR STRATA_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(strata::strata INTERFACE OpenMP::OpenMP_CXX)
  endif()
endif()

if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/strataIoTargets.cmake)
  find_package(ZLIB QUIET)
  find_package(PNG QUIET)
  find_package(nlohmann_json 3.10 QUIET CONFIG)
  if(TARGET ZLIB::ZLIB AND TARGET PNG::PNG AND TARGET nlohmann_json::nlohmann_json)
    include(${CMAKE_CURRENT_LIST_DIR}/strataIoTargets.cmake)
    set(strata_io_FOUND TRUE)
  endif()
endif()

foreach(component IN LISTS strata_FIND_COMPONENTS)
  if(strata_FIND_REQUIRED_${component} AND NOT strata_${component}_FOUND)
    set(strata_FOUND FALSE)
    set(strata_NOT_FOUND_MESSAGE
        "component ${component} is missing (io needs zlib, libpng and nlohmann_json)")
  endif()
endforeach()
