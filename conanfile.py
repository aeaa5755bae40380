import re
from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout

required_conan_version = ">=2.4"


class Fechatter(ConanFile):
    """The SDK: the library, its public headers, its CMake package and its pkg-config file."""

    name = "fechatter"
    description = "Embeddable chat SDK"
    license = "MIT"
    settings = "os", "compiler", "build_type", "arch"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ["auto_shared_fpic"]
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "sdk/*"

    def set_version(self):
        lists = Path(self.recipe_folder, "CMakeLists.txt").read_text()
        self.version = re.search(r"project\(fechatter VERSION ([0-9.]+)", lists).group(1)

    def requirements(self):
        # None of them is named by a public header.
        self.requires("boost/[>=1.81 <2]", headers=True, libs=False)
        self.requires("openssl/[>=3 <4]")
        self.requires("libcurl/[>=7.86 <9]")
        self.requires("sqlite3/[>=3.40 <4]")

    def build_requirements(self):
        self.tool_requires("cmake/[>=3.25]")
        self.tool_requires("ninja/[>=1.10]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.user_presets_path = False
        toolchain.cache_variables.update({"FECHATTER_SERVER": False, "FECHATTER_TESTS": False})
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        # Consumers use the fechatterConfig.cmake that was installed: it knows what the library links to, and finds it itself.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs.append("lib/cmake/fechatter")
        self.cpp_info.libs = ["fechatter"]
