#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include "sdk/runtime/http.hpp"
#include "sdk/runtime/system.hpp"

namespace fechatter {
namespace {

// A directory of its own, gone afterwards.
struct Place {
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fechatter-files-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Place() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return path + '/' + name; }
  std::string path;
  SystemFiles files;
};

TEST_CASE("files are written as a whole, read, renamed, listed and removed") {
  Place at;
  REQUIRE(at.files.create_directories(at / "a/b//c"));
  REQUIRE(at.files.create_directories(at / "a/b/c/"));
  struct stat s{};
  REQUIRE(::stat((at / "a").c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0700);
  const std::string bytes("x\0y\n", 4);
  REQUIRE(at.files.write_atomic(at / "a/f", "old"));
  REQUIRE(at.files.write_atomic(at / "a/f", bytes));
  CHECK(*at.files.read(at / "a/f") == bytes);
  REQUIRE(::stat((at / "a/f").c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  CHECK(*at.files.list(at / "a") == std::vector<std::string>{"b", "f"});
  REQUIRE(at.files.rename(at / "a/f", at / "a/g"));
  CHECK_FALSE(at.files.exists(at / "a/f"));
  CHECK(at.files.exists(at / "a/g"));
  REQUIRE(at.files.remove(at / "a/g"));
  CHECK(at.files.remove(at / "a/g"));
}

TEST_CASE("what cannot be done is an error, never an exception") {
  Place at;
  REQUIRE(at.files.write_atomic(at / "file", "x"));
  CHECK(at.files.read(at / "none").error().code == Code::not_found);
  CHECK(at.files.read(at.path).error().code == Code::internal);  // a directory
  CHECK(at.files.list(at / "none").error().code == Code::not_found);
  CHECK(at.files.rename(at / "none", at / "x").error().code == Code::not_found);
  CHECK(at.files.write_atomic(at / "none/x", "x").error().code == Code::not_found);
  CHECK_FALSE(at.files.create_directories(at / "file/below"));
  CHECK_FALSE(at.files.write_atomic(at.path, "x"));
  CHECK(at.files.lock(at / "none/lock").error().code == Code::not_found);
}

TEST_CASE("a lock is exclusive within the process and between processes") {
  Place at;
  auto held = at.files.lock(at / "lock");
  REQUIRE(held);
  CHECK(at.files.lock(at / "lock").error().code == Code::locked);
  const auto in_a_child = [&] {  // 0: got it; 1: locked
    const pid_t child = ::fork();
    if (child == 0) {
      held->reset(nullptr);  // the child's copy of the descriptor: closing it keeps the parent's lock
      auto mine = at.files.lock(at / "lock");
      ::_exit(mine ? 0 : mine.error().code == Code::locked ? 1 : 2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  CHECK(in_a_child() == 1);
  held->reset();
  CHECK(in_a_child() == 0);
  CHECK(at.files.exists(at / "lock"));
  CHECK(at.files.lock(at / "lock"));
}

TEST_CASE("headers are found without case") {
  const HttpHeaders headers{{"Content-Type", "text/plain"}, {"X", "1"}};
  CHECK(find_header(headers, "content-type") == "text/plain");
  CHECK(find_header(headers, "x") == "1");
  CHECK(find_header(headers, "content") == "");
}

}  // namespace
}  // namespace fechatter
