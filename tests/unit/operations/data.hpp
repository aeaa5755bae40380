// A data directory with a server's data, made by random commands, in a folder of its own.
#pragma once
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include "sdk/store/server_store.hpp"
#include "server/fechatterd/data_directory.hpp"
#include "tests/support/town.hpp"

namespace fechatter::operations_test {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("fechatter-operations-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  static inline int next = 0;
  Folder() { std::filesystem::create_directories(path / "data"); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }
  DataDirectory data() const { return {(path / "data").string()}; }
};

inline std::unique_ptr<ServerStore> open_store(const Folder& folder) {
  auto store = ServerStore::open({folder.data().database(), {}, made_id<AnyId>(1), {}});
  REQUIRE(store);
  return std::move(*store);
}

inline void run(RowStore& store, const std::vector<Submission>& commands, std::size_t batch) {
  for (std::size_t i = 0; i < commands.size(); i += batch) {
    const std::span part(commands.data() + i, std::min(batch, commands.size() - i));
    Fold fold(store);
    fold.load(part);
    for (const Submission& s : part) (void)fold.execute(s);
    REQUIRE(store.commit(fold.events(), fold.rows().changes(), fold.rows().redactions()));
  }
}

/// A town's life, with people, chats, edits, deletions and reactions.
inline void live(const Folder& folder, std::uint64_t seed, std::size_t commands, std::size_t batch) {
  Town town(seed);
  auto list = town.founding();
  while (list.size() < commands) list.push_back(town.next());
  auto store = open_store(folder);
  run(*store, list, batch);
}

inline void write_keys(const Folder& folder, const std::string& text) {
  std::filesystem::create_directories(folder.data().keys());
  std::ofstream(folder.data().keys() + "/0001.pem") << text;
}

/// Some part of a word, anywhere in a file.
inline bool holds(const std::string& file, const std::string& bytes) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE(in);
  return std::string((std::istreambuf_iterator<char>(in)), {}).find(bytes) != std::string::npos;
}

}  // namespace fechatter::operations_test
