# What an outside project does with strata, however it came by it.
option(EXPECT_IO "strata::io should be there" ON)

add_executable(consumer ../main.cpp ../elsewhere.cpp)
target_link_libraries(consumer PRIVATE strata::strata)
enable_testing()
add_test(NAME consumer COMMAND consumer)

if(EXPECT_IO)
  add_executable(io_consumer ../io.cpp)
  target_link_libraries(io_consumer PRIVATE strata::io)
  add_test(NAME io_consumer COMMAND io_consumer)
elseif(TARGET strata::io)
  message(FATAL_ERROR "strata::io is there without its libraries")
endif()

# Nothing of ours leaks: no flags, no folders, no standard but C++20, no tests of ours.
foreach(variable IN ITEMS CMAKE_CXX_STANDARD CMAKE_RUNTIME_OUTPUT_DIRECTORY BUILD_SHARED_LIBS)
  if(DEFINED ${variable})
    message(FATAL_ERROR "strata sets ${variable}")
  endif()
endforeach()
get_target_property(flags strata::strata INTERFACE_COMPILE_OPTIONS)
if(flags)
  message(FATAL_ERROR "strata sets the flags ${flags}")
endif()
