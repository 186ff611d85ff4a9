# cmake -D "COMMAND=compiler;argument;…" [-D SAYS=text] [-D NAMES=text] -P check_message.cmake
# The command fails, its first error has SAYS in it and its output NAMES; without SAYS it succeeds. All
# of the output is at most 40 lines of 100 columns: what a laptop's terminal shows at once. Messages of
# the compilers as they are have 11 to 40; those that once needed mending had up to 5,800.
set(ENV{LC_ALL} C)  # quotes are one byte long
execute_process(COMMAND ${COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

function(refuse why)
  message(FATAL_ERROR "${why}:\n${output}")
endfunction()

if(NOT SAYS)
  if(NOT status EQUAL 0)
    refuse("it does not compile")
  endif()
  return()
endif()
if(status EQUAL 0)
  refuse("it compiles")
endif()

set(lines 0)
set(first_error "")
set(rest "${output}")
while(rest MATCHES "^([^\n]*)\n")  # not by a list, which would break at each ;
  set(line "${CMAKE_MATCH_1}")
  string(LENGTH "${CMAKE_MATCH_0}" end)
  string(SUBSTRING "${rest}" ${end} -1 rest)
  string(LENGTH "${line}" length)
  math(EXPR lines "${lines} + 1 + (${length} - 1) / 100")
  if(first_error STREQUAL "" AND line MATCHES "error: ")
    set(first_error "${line}")
  endif()
endwhile()

string(FIND "${first_error}" "${SAYS}" says)
string(FIND "${output}" "${NAMES}" names)
if(says EQUAL -1)
  refuse("the first error does not say \"${SAYS}\"")
elseif(names EQUAL -1)
  refuse("\"${NAMES}\" is not named")
elseif(lines GREATER 40)
  refuse("the message has ${lines} lines of 100 columns, but at most 40 are wanted")
endif()
message("${lines} lines")
