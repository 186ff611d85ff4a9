# An overlay port: vcpkg install strata[io] --overlay-ports=<checkout>/cmake/vcpkg. It installs the checkout
# that it lies in; in a registry, vcpkg_from_github(... REF "v${VERSION}") takes the place of that line.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # headers alone: there is nothing to debug
vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS FEATURES io STRATA_IO lbfgs STRATA_LBFGS)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${FEATURE_OPTIONS}
    -DSTRATA_FETCH=OFF
    -DSTRATA_BUILD_TESTS=OFF
    -DSTRATA_BUILD_EXAMPLES=OFF
    -DSTRATA_BUILD_BENCHMARKS=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/strata)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/licenses")  # vcpkg has a place of its own for it
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
