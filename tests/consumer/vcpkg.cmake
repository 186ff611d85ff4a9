# cmake -D PORT_DIR=... -D ROOT=... [-D "FEATURES=io;lbfgs"] -P vcpkg.cmake
# Runs a portfile as vcpkg would, with the few of vcpkg's functions that it calls, as far as their
# documentation tells what they do: into ROOT/packages, which a consumer then takes for what is installed.
# That the real functions agree, and that the ports named in vcpkg.json exist, this cannot show.
cmake_minimum_required(VERSION 3.24)
file(READ ${PORT_DIR}/vcpkg.json manifest)
string(JSON PORT GET "${manifest}" name)
string(JSON VERSION GET "${manifest}" version)
foreach(feature IN LISTS FEATURES)
  string(JSON description GET "${manifest}" features ${feature} description)  # an error if there is none
endforeach()
set(CURRENT_PORT_DIR ${PORT_DIR})
set(CURRENT_PACKAGES_DIR ${ROOT}/packages)
set(CURRENT_BUILDTREES_DIR ${ROOT}/buildtrees)

function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
  set(options "")
  while(arg_FEATURES)
    list(POP_FRONT arg_FEATURES feature option)
    string(JSON description GET "${manifest}" features ${feature} description)
    if(feature IN_LIST FEATURES)
      list(APPEND options -D${option}=ON)
    else()
      list(APPEND options -D${option}=OFF)
    endif()
  endwhile()
  set(${arg_OUT_FEATURE_OPTIONS} ${options} PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  if(NOT VCPKG_BUILD_TYPE STREQUAL release)
    message(FATAL_ERROR "this stand-in knows releases alone")
  endif()
  execute_process(COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET
    COMMAND ${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${CURRENT_BUILDTREES_DIR}/rel -G Ninja
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}
      -DFETCHCONTENT_FULLY_DISCONNECTED=ON ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  execute_process(COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET
    COMMAND ${CMAKE_COMMAND} --build ${CURRENT_BUILDTREES_DIR}/rel --target install)
endfunction()

# Moves the files to share/PORT, removes the folder named cmake above them, and corrects how many folders
# above them the prefix is.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  set(from ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  set(to ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(RENAME ${from} ${to})
  cmake_path(GET from PARENT_PATH above)
  if(above MATCHES "/cmake$")
    file(REMOVE_RECURSE ${above})
  endif()
  set(up "get_filename_component\\(_IMPORT_PREFIX \"\\\${_IMPORT_PREFIX}\" PATH\\)\n")
  file(GLOB files ${to}/*Targets.cmake)
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REGEX REPLACE "(${up})+" [[get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}/../.." ABSOLUTE)
]] text "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
  file(GLOB files ${CURRENT_PACKAGES_DIR}/share/pkgconfig/*.pc)
  if(NOT files)
    message(FATAL_ERROR "there is no .pc file")
  endif()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(READ ${arg_FILE_LIST} text)
  file(WRITE ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright "${text}")
endfunction()

include(${PORT_DIR}/portfile.cmake)

# What vcpkg's checks after a build would say of a port of headers.
foreach(needed IN ITEMS include share/${PORT}/copyright share/${PORT}/usage share/${PORT}/${PORT}Config.cmake)
  if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${needed})
    message(FATAL_ERROR "the port has no ${needed}")
  endif()
endforeach()
file(GLOB_RECURSE files ${CURRENT_PACKAGES_DIR}/share/*)
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(FIND "${text}" ${ROOT} found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} names the folder in which it was built")
  endif()
endforeach()
