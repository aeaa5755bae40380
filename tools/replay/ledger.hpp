// What the server's log says was posted: the reference that everything else is compared with.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>
#include "fechatter/ids.hpp"
#include "fechatter/result.hpp"

namespace replay {

/// A message as the events of its channel leave it.
struct Entry {
  std::int64_t seq = 0;
  std::string id, author, body;
  bool operator==(const Entry&) const = default;
};
struct Channel {
  std::vector<Entry> entries;  ///< by seq
  std::size_t doubled = 0;     ///< postings of an id or a seq that was posted before
  std::size_t holes = 0;       ///< seqs that nothing was posted under
  std::size_t back_in_time = 0;  ///< events that are said to be older than the one before
  bool table_agrees = false;   ///< the table of messages holds the same
};
/// Reads the events of a channel from the log of `database` (server.db), and the table beside it. The server may be running.
fechatter::Result<Channel> read_channel(const std::string& database, fechatter::ChatId);
/// User ids by address.
fechatter::Result<std::map<std::string, std::string>> read_accounts(const std::string& database);

/// The entries as a file for workers, one line each.
std::string truth_file(const std::string& directory, const std::string& channel);
void write_truth(const std::string& file, const std::vector<Entry>&);
std::vector<Entry> read_truth(const std::string& file);

}  // namespace replay
