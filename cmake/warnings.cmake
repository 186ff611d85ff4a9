# The warnings that strata's own programs are built with; nobody else's.
set(STRATA_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Both are false alarms in GCC 12's own AVX-512 headers; Clang looks for the true ones.
  list(APPEND STRATA_WARNINGS -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
if(STRATA_WERROR)
  list(APPEND STRATA_WARNINGS -Werror)
endif()

function(strata_warnings target)
  target_compile_options(${target} PRIVATE ${STRATA_WARNINGS})
endfunction()
