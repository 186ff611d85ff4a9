# SPDX-License-Identifier: MIT
# python3 conan.py RECIPE_FOLDER SCRATCH [OPTION=True|False ...]
#
# Drives a recipe of Conan 2 as `conan create` would, with the few parts of Conan that it and its
# test_package import: exports and packages into SCRATCH, writes for the test what CMakeDeps would from
# package_info, then builds and runs it. Libraries come from the system. That Conan itself agrees, and
# that its recipes of those libraries exist, this cannot show.
import fnmatch
import importlib.util
import os
import shutil
import subprocess
import sys
import types
from collections import defaultdict

SYSTEM = {  # what Conan Center calls them: how find_package finds the system's
    "eigen::eigen": ("Eigen3", "Eigen3::Eigen"),
    "zlib::zlib": ("ZLIB", "ZLIB::ZLIB"),
    "libpng::libpng": ("PNG", "PNG::PNG"),
    "nlohmann_json::nlohmann_json": ("nlohmann_json", "nlohmann_json::nlohmann_json"),
}


class CppInfo:
    def __init__(self):
        self.includedirs, self.libdirs, self.bindirs = ["include"], ["lib"], ["bin"]
        self.cxxflags, self.exelinkflags, self.sharedlinkflags, self.requires = [], [], [], []
        self.properties = {}
        self.components = defaultdict(CppInfo)

    def set_property(self, name, value):
        self.properties[name] = value


class Settings(types.SimpleNamespace):
    def get_safe(self, name):
        return {"compiler.cppstd": "20"}.get(name)


class ConanFile:
    def __init__(self, folder, options):
        self.recipe_folder = folder
        chosen = {**getattr(self, "default_options", {}), **options}
        for name, value in chosen.items():
            assert value in self.options[name], name  # an unknown option raises, too
        self.options = types.SimpleNamespace(**chosen)
        self.settings = Settings(os="Linux", arch="x86_64", compiler="gcc", build_type="Release")
        self.folders = types.SimpleNamespace(root=None, source="", build="")
        self.cpp = types.SimpleNamespace(build=types.SimpleNamespace(bindir="."))
        self.cpp_info, self.required = CppInfo(), []

    def requires(self, reference, **traits):
        self.required.append(reference)

    def run(self, command, env=""):
        subprocess.run(command, shell=True, check=True, cwd=self.build_folder)


def copy(recipe, pattern, src, dst):
    for folder, _, names in os.walk(src):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), src)
            if fnmatch.fnmatch(path, pattern):
                os.makedirs(os.path.dirname(os.path.join(dst, path)), exist_ok=True)
                shutil.copy(os.path.join(src, path), os.path.join(dst, path))


class CMake:
    def __init__(self, recipe):
        self.recipe = recipe

    def configure(self):
        self.recipe.run(f"cmake -S {self.recipe.source_folder} -B . -G Ninja "
                        f"-DCMAKE_PREFIX_PATH={self.recipe.generators_folder} >/dev/null")

    def build(self):
        self.recipe.run("cmake --build . >/dev/null")


def check_min_cppstd(recipe, standard):
    assert int(recipe.settings.get_safe("compiler.cppstd")) >= standard


def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


def load(path, folder, options):
    spec = importlib.util.spec_from_file_location("recipe", path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    kinds = [k for k in vars(recipe).values() if isinstance(k, type) and issubclass(k, ConanFile)]
    return next(k for k in kinds if k is not ConanFile)(folder, options)


def write_config(recipe, package, folder):
    """A target for each component, as CMakeDeps has it."""
    names = {c: info.properties["cmake_target_name"] for c, info in recipe.cpp_info.components.items()}
    assert len({*names.values(), recipe.cpp_info.properties["cmake_target_name"]}) == len(names) + 1
    required = {r.split("/")[0] for r in recipe.required}
    lines = []
    for component, info in recipe.cpp_info.components.items():
        links = [names[r] for r in info.requires if r in names]
        for reference in (r for r in info.requires if r not in names):
            assert reference.split("::")[0] in required, f"{reference} is not in requirements()"
            find, target = SYSTEM[reference]
            lines.append(f"find_package({find} REQUIRED)")
            links.append(target)
        includes = [os.path.join(package, d) for d in info.includedirs]
        assert all(map(os.path.isdir, includes)) and not info.libdirs and not info.bindirs
        target = names[component]
        lines += [f"add_library({target} INTERFACE IMPORTED)",
                  f"target_include_directories({target} INTERFACE {' '.join(includes)})",
                  f"target_compile_options({target} INTERFACE {' '.join(info.cxxflags)})",
                  f"target_link_options({target} INTERFACE {' '.join(info.exelinkflags)})",
                  f"target_link_libraries({target} INTERFACE {' '.join(links)})"]
    os.makedirs(folder)
    name = recipe.cpp_info.properties["cmake_file_name"]
    with open(os.path.join(folder, name + "-config.cmake"), "w") as file:
        file.write("\n".join(lines) + "\n")


def main(recipe_folder, scratch, *choices):
    module("conan", ConanFile=ConanFile)
    module("conan.tools")
    module("conan.tools.files", copy=copy)
    module("conan.tools.build", check_min_cppstd=check_min_cppstd, can_run=lambda recipe: True)
    module("conan.tools.cmake", CMake=CMake, cmake_layout=lambda recipe: None)
    options = {name: value == "True" for name, value in (c.split("=") for c in choices)}
    recipe = load(os.path.join(recipe_folder, "conanfile.py"), os.path.abspath(recipe_folder), options)
    recipe.export_sources_folder = recipe.source_folder = os.path.join(scratch, "sources")
    recipe.package_folder = os.path.join(scratch, "package")
    recipe.info = types.SimpleNamespace(clear=lambda: None)
    recipe.config_options()
    recipe.export_sources()
    recipe.layout()
    recipe.requirements()
    recipe.validate()
    recipe.package_id()
    recipe.package()
    recipe.package_info()
    assert os.path.isfile(os.path.join(recipe.package_folder, "licenses", "LICENSE"))

    tested = os.path.join(recipe_folder, "test_package")
    test = load(os.path.join(tested, "conanfile.py"), tested, {})
    test.tested_reference_str = f"{recipe.name}/{recipe.version}"
    test.source_folder, test.generators_folder = os.path.abspath(tested), os.path.join(scratch, "generators")
    test.build_folder = os.path.join(scratch, "build")
    os.makedirs(test.build_folder)
    assert "CMakeDeps" in test.generators
    write_config(recipe, recipe.package_folder, test.generators_folder)
    test.requirements()
    test.layout()
    test.build()
    test.test()


if __name__ == "__main__":
    main(*sys.argv[1:])
