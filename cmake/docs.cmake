# The pages and the reference, by Doxygen: build/docs/html/index.html with the preset `docs`.
find_package(Doxygen 1.9.4)
if(NOT DOXYGEN_FOUND)
  message(FATAL_ERROR "The documentation needs Doxygen 1.9.4 or later: apt-get install doxygen")
endif()
file(READ docs/Doxyfile doxyfile)
# Warnings of another version than the one that .ci/check_docs has are no reason to have no pages.
file(CONFIGURE OUTPUT Doxyfile CONTENT "${doxyfile}
OUTPUT_DIRECTORY = \"${PROJECT_BINARY_DIR}\"
WARN_AS_ERROR = NO
")
add_custom_target(docs ALL
  COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile
  COMMAND ${CMAKE_COMMAND} -E echo "${PROJECT_BINARY_DIR}/html/index.html"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Doxygen"
  VERBATIM)
