#include "tools/replay/ledger.hpp"
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include "sdk/store/sqlite.hpp"

namespace replay {
namespace {
using namespace fechatter;
using nlohmann::json;
using ById = std::map<std::string, Entry>;

Result<std::unique_ptr<Database>> open(const std::string& path) { return Database::open({path, {}, Database::Sync::full, true}); }

// An empty payload belongs to a deleted message: what is left of it is its place.
void apply(const std::string& type, const json& payload, const Entry& bare, ById& messages, Channel& channel) {
  if (type == "message_posted") {
    Entry e = bare;
    if (payload.is_object()) e.body = payload.value("body", "");
    channel.doubled += !messages.emplace(e.id, e).second;
  } else if (const auto it = messages.find(bare.id); it != messages.end()) {
    if (type == "message_edited" && payload.is_object()) it->second.body = payload.value("body", "");
    if (type == "message_deleted") it->second.body.clear();
  }
}
Result<ById> from_log(Database& db, ChatId chat, Channel& channel) {
  auto s = db.statement(
      "select type, seq, subject, actor, payload, at from log where stream = ?1 and type in ('message_posted','message_edited','message_deleted') order by "
      "rev");
  if (!s) return s.error();
  s->bind(1, chat);
  ById messages;
  std::int64_t latest = 0;
  for (auto more = s->step(); more && *more; more = s->step()) {
    channel.back_in_time += s->integer(5) < std::exchange(latest, std::max(latest, s->integer(5)));
    const Entry bare{s->integer(1), s->id<MessageId>(2).str(), s->id<UserId>(3).str(), {}};
    apply(std::string(s->text(0)), json::parse(s->text(4), nullptr, false), bare, messages, channel);
  }
  return messages;
}
Result<std::vector<Entry>> from_table(Database& db, ChatId chat) {
  auto s = db.statement("select seq, id, author_id, body from messages where chat_id = ?1 order by seq");
  if (!s) return s.error();
  s->bind(1, chat);
  std::vector<Entry> rows;
  for (auto more = s->step(); more && *more; more = s->step())
    rows.push_back({s->integer(0), s->id<MessageId>(1).str(), s->id<UserId>(2).str(), std::string(s->text(3))});
  return rows;
}
}  // namespace

Result<Channel> read_channel(const std::string& database, ChatId chat) {
  auto db = open(database);
  if (!db) return db.error();
  Channel channel;
  auto messages = from_log(**db, chat, channel);
  if (!messages) return messages.error();
  std::map<std::int64_t, Entry> by_seq;
  for (const auto& [id, e] : *messages) channel.doubled += !by_seq.emplace(e.seq, e).second;
  for (const auto& [seq, e] : by_seq) channel.entries.push_back(e);
  if (!by_seq.empty()) channel.holes = static_cast<std::size_t>(by_seq.rbegin()->first) - by_seq.size();
  auto table = from_table(**db, chat);
  if (!table) return table.error();
  channel.table_agrees = *table == channel.entries;
  return channel;
}

Result<std::map<std::string, std::string>> read_accounts(const std::string& database) {
  auto db = open(database);
  if (!db) return db.error();
  auto s = (*db)->statement("select email, user_id from emails");
  if (!s) return s.error();
  std::map<std::string, std::string> ids;
  for (auto more = s->step(); more && *more; more = s->step()) ids[std::string(s->text(0))] = s->id<UserId>(1).str();
  return ids;
}

std::string truth_file(const std::string& directory, const std::string& channel) { return directory + "/" + channel + ".jsonl"; }
void write_truth(const std::string& file, const std::vector<Entry>& entries) {
  std::ofstream out(file);
  for (const Entry& e : entries) out << json{{"seq", e.seq}, {"id", e.id}, {"author", e.author}, {"body", e.body}} << '\n';
}
std::vector<Entry> read_truth(const std::string& file) {
  std::vector<Entry> entries;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const json j = json::parse(line);
    entries.push_back({j["seq"], j["id"], j["author"], j["body"]});
  }
  return entries;
}

}  // namespace replay
