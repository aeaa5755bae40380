// A target is always whole, whoever writes it at the same time, and nothing is left beside it.
#include "server/fechatterd/operations/partial_file.hpp"
#include <atomic>
#include <thread>
#include "tests/unit/operations/data.hpp"

using namespace fechatter;
using namespace fechatter::operations_test;

namespace {
std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {(std::istreambuf_iterator<char>(in)), {}};
}
std::size_t count_beside(const Folder& folder) {  // the data directory
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) n += entry.path().filename() != "data";
  return n;
}
// One whole file of `letter`, if nobody else writes.
bool write(const Folder& folder, const std::string& target, char letter) {
  auto file = PartialFile::open(folder.data(), target, true);
  if (!file) return false;
  std::ofstream((*file)->path()) << std::string(1000, letter) << std::flush << std::string(1000, letter);
  return static_cast<bool>((*file)->finish());
}
}  // namespace

TEST_CASE("one run at a time writes to a target") {
  Folder folder;
  const std::string target = folder.file("b");
  {
    auto first = PartialFile::open(folder.data(), target, false);
    REQUIRE(first);
    const auto second = PartialFile::open(folder.data(), target, false);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Code::locked);
    CHECK(PartialFile::open(folder.data(), folder.file("c"), false));
    CHECK(std::filesystem::exists((*first)->path()));  // whoever was refused has removed nothing
    REQUIRE((*first)->finish());
    CHECK(PartialFile::open(folder.data(), target, true).error().code == Code::locked);
  }
  CHECK(PartialFile::open(folder.data(), target, false).error().code == Code::conflict);
  CHECK(PartialFile::open(folder.data(), target, true));
  CHECK(count_beside(folder) == 1);
}

TEST_CASE("a target that many write at once is of one of them") {
  Folder folder;
  const std::string target = folder.file("b");
  std::atomic<int> written = 0;
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'e'; ++letter)
    threads.emplace_back([&, letter] {
      for (int i = 0; i < 100; ++i) written += write(folder, target, letter);
    });
  for (auto& t : threads) t.join();
  CHECK(written > 0);
  const std::string left = content(target);
  CHECK(left == std::string(2000, left.at(0)));
  CHECK(count_beside(folder) == 1);
}
