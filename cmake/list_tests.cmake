# cmake -D PROGRAM=... -D ENTRIES=... -P list_tests.cmake
# Writes a ctest entry for each TEST_CASE of the doctest program. Names are cut from the text one by
# one, since "[0, 1)" or ";" in a name would break a CMake list (as it does doctest_discover_tests).
execute_process(COMMAND ${PROGRAM} --list-test-cases OUTPUT_VARIABLE text
                COMMAND_ERROR_IS_FATAL ANY)
# One thread each: what they compute is small, and the threads of tests that run side by side would wait
# for one another's processors. Tests about threads set a number of their own.
set(properties "ENVIRONMENT OMP_NUM_THREADS=1 TIMEOUT 600 FAIL_REGULAR_EXPRESSION [==[test cases: +0 ]==]")  # it ran no test
set(entries "")
while(text MATCHES "^([^\n]*)\n")
  set(name "${CMAKE_MATCH_1}")
  string(LENGTH "${CMAKE_MATCH_0}" length)
  string(SUBSTRING "${text}" ${length} -1 text)
  if(NOT name STREQUAL "" AND NOT name MATCHES "^(\\[doctest\\]|=====)")
    string(REPLACE "," "\\," filter "${name}")
    string(APPEND entries "add_test([==[${name}]==] [==[${PROGRAM}]==] [==[--test-case=${filter}]==])\n"
                          "set_tests_properties([==[${name}]==] PROPERTIES ${properties})\n")
  endif()
endwhile()
file(WRITE ${ENTRIES} "${entries}")
