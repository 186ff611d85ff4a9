# What find_package(strata) and pkg-config need. strata::io and strata::lbfgs are exports of their own, so that
# strata::strata can be used where their libraries are missing.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(folder ${CMAKE_INSTALL_DATADIR}/cmake/strata)

# strata_pkg_config(NAME DESCRIPTION REQUIRES): the file finds the headers from where it lies, so that the
# tree may be moved.
function(strata_pkg_config name description requires)
  file(RELATIVE_PATH to_headers ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  configure_file(cmake/strata.pc.in ${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endfunction()

install(TARGETS strata EXPORT strataTargets FILE_SET HEADERS)
install(EXPORT strataTargets NAMESPACE strata:: DESTINATION ${folder})
strata_pkg_config(strata "${PROJECT_DESCRIPTION}" "eigen3 >= 3.4")
if(TARGET strata_io)
  set_target_properties(strata_io PROPERTIES EXPORT_NAME io)
  install(TARGETS strata_io EXPORT strataIoTargets FILE_SET HEADERS)
  install(EXPORT strataIoTargets NAMESPACE strata:: DESTINATION ${folder})
  strata_pkg_config(strata-io "Files and pictures for strata"
                    "strata = ${PROJECT_VERSION}, zlib, libpng, nlohmann_json >= 3.10")
endif()
if(TARGET strata_lbfgs)
  set_target_properties(strata_lbfgs PROPERTIES EXPORT_NAME lbfgs)
  install(TARGETS strata_lbfgs EXPORT strataLbfgsTargets FILE_SET HEADERS)
  install(EXPORT strataLbfgsTargets NAMESPACE strata:: DESTINATION ${folder})
  install(FILES cmake/Findlbfgspp.cmake DESTINATION ${folder})
  # LBFGS++ has no file of its own for pkg-config: its headers are expected where the compiler looks.
  strata_pkg_config(strata-lbfgs "L-BFGS for strata, by LBFGS++" "strata = ${PROJECT_VERSION}")
endif()

write_basic_package_version_file(${PROJECT_BINARY_DIR}/strataConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/strata)
install(FILES cmake/strataConfig.cmake ${PROJECT_BINARY_DIR}/strataConfigVersion.cmake
  DESTINATION ${folder})
