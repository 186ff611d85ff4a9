# What find_package(strata) needs. strata::io and strata::lbfgs are exports of their own, so that
# strata::strata can be used where their libraries are missing.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(folder ${CMAKE_INSTALL_DATADIR}/cmake/strata)

install(TARGETS strata EXPORT strataTargets FILE_SET HEADERS)
install(EXPORT strataTargets NAMESPACE strata:: DESTINATION ${folder})
if(TARGET strata_io)
  set_target_properties(strata_io PROPERTIES EXPORT_NAME io)
  install(TARGETS strata_io EXPORT strataIoTargets FILE_SET HEADERS)
  install(EXPORT strataIoTargets NAMESPACE strata:: DESTINATION ${folder})
endif()
if(TARGET strata_lbfgs)
  set_target_properties(strata_lbfgs PROPERTIES EXPORT_NAME lbfgs)
  install(TARGETS strata_lbfgs EXPORT strataLbfgsTargets FILE_SET HEADERS)
  install(EXPORT strataLbfgsTargets NAMESPACE strata:: DESTINATION ${folder})
  install(FILES cmake/Findlbfgspp.cmake DESTINATION ${folder})
endif()

write_basic_package_version_file(${PROJECT_BINARY_DIR}/strataConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/strataConfig.cmake ${PROJECT_BINARY_DIR}/strataConfigVersion.cmake
  DESTINATION ${folder})
