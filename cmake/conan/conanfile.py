# SPDX-License-Identifier: MIT
# Conan 2: conan create <checkout>/cmake/conan. Packages the headers of the checkout that it lies in.
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy

root = os.path.join("..", "..")


class Strata(ConanFile):
    name = "strata"
    version = "0.1.0"
    description = "Layer-wise trained models on Eigen"
    license = "MIT"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"io": [True, False], "lbfgs": [True, False], "openmp": [True, False]}
    # LBFGS++ is not in Conan Center: with `lbfgs` it is expected where the compiler looks.
    default_options = {"io": True, "lbfgs": False, "openmp": True}
    no_copy_source = True

    def config_options(self):
        if self.settings.compiler == "apple-clang":  # has no -fopenmp
            self.options.openmp = False

    def export_sources(self):
        checkout = os.path.join(self.recipe_folder, root)
        copy(self, "include/*", checkout, self.export_sources_folder)
        copy(self, "LICENSE", checkout, self.export_sources_folder)

    def layout(self):
        self.folders.root = root
        self.folders.source = "."

    def requirements(self):
        self.requires("eigen/[>=3.4.0 <6]", transitive_headers=True)
        if self.options.io:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)
            self.requires("libpng/[>=1.6 <2]", transitive_headers=True, transitive_libs=True)
            self.requires("nlohmann_json/[>=3.10 <4]", transitive_headers=True)

    def validate(self):
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()  # the headers are the same for everyone

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "include/*", self.source_folder, self.package_folder)

    def package_info(self):
        # The names of find_package and of pkg-config are those that CMake installs.
        self.cpp_info.set_property("cmake_file_name", "strata")
        self.cpp_info.set_property("cmake_target_name", "strata::all")
        self.cpp_info.set_property("pkg_config_name", "strata-all")
        self._component("strata", "strata", ["eigen::eigen"])
        if self.options.openmp:
            strata = self.cpp_info.components["strata"]
            strata.cxxflags = ["-fopenmp"]
            strata.exelinkflags = strata.sharedlinkflags = ["-fopenmp"]
        if self.options.io:
            self._component(
                "io", "strata-io",
                ["strata", "zlib::zlib", "libpng::libpng", "nlohmann_json::nlohmann_json"])
        if self.options.lbfgs:
            self._component("lbfgs", "strata-lbfgs", ["strata"])

    def _component(self, name, pkg_config_name, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", "strata::" + name)
        component.set_property("pkg_config_name", pkg_config_name)
        component.includedirs = ["include"]
        component.bindirs = component.libdirs = []
        component.requires = requires
