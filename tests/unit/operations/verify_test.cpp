// verify finds nothing in what a server has written, and each kind of damage in what it has not.
#include "server/fechatterd/operations/verify.hpp"
#include "tests/unit/operations/data.hpp"

using namespace fechatter;
using namespace fechatter::operations_test;

namespace {
VerifyReport verified(const std::string& file) {
  auto db = Database::open({file, {}, Database::Sync::full, true});
  REQUIRE(db);
  auto report = verify(**db);
  if (!report) FAIL(report.error().message);
  return *report;
}
std::string text_of(const VerifyReport& report) {
  std::string text;
  for (const std::string& finding : report.findings) text += finding + '\n';
  return text;
}
struct Damage {
  const char* sql;
  const char* finding;
};
const Damage kDamages[] = {
    {"delete from log where position = 5", "log 6: position 6 of"},
    {"update log set position = 100000 where position = (select max(position) from log)", "position 100000 of"},
    {"update log set rev = rev + 1 where position = (select max(position) from log where rev > 0)", ": rev "},
    {"update log set seq = seq + 1 where position = (select max(position) from log where seq > 0)", ": seq "},
    {"update log set type = 'nonsense' where position = 3", "log 3: nonsense of"},
    {"update log set payload = '{' where position = 3", "log 3: "},
    {"update log set stream_kind = 7 where position = 3", "log 3: no kind of stream: 7"},
    {"update log set payload = 'what was deleted' where rowid = (select min(position) from log where payload = '')", "was deleted"},
    {"update log set payload = '' where position = (select min(position) from log where subject in (select id from messages where not deleted))",
     "was not deleted"},
    {"update messages set body = 'forged' where id = (select id from messages where not deleted limit 1)", "messages (id "},
    {"update messages set body = 'here again' where id = (select id from messages where deleted limit 1)", "messages (id "},
    {"update messages set create_hash = '' where id = (select id from messages where not deleted limit 1)", "messages (id "},
    {"delete from messages where id = (select id from messages limit 1)", ") is missing"},
    {"update chats set head_seq = head_seq + 1", "says that its newest seq is"},
    {"update chats set head_pos = head_pos + 1 where id = (select id from chats limit 1)", "chats (id "},
    {"update chats set member_count = member_count + 1", "members and"},
    {"update workspaces set owner_count = owner_count + 1", "workspaces: "},
    {"delete from members where chat_id = (select chat_id from members where state = 0 limit 1)", "members (chat_id "},
    {"update read_marks set read_seq = read_seq - 1", "read_marks (user_id "},
    {"update reactions set \"on\" = not \"on\" where message_id in (select id from messages where not deleted)", "reactions (message_id "},
    {"update mentions set live = not live where (chat_id, seq) in (select chat_id, seq from messages where not deleted)", "mentions (chat_id "},
    {"update users set name = 'Mallory' where id = (select id from users limit 1)", "users (id "},
    {"delete from messages_text where rowid = (select max(rowid) from messages_text)", "is indexed with another text"},
    {"insert into messages_text(rowid, text) values(100000, 'left over')", "messages_text: row 100000 is of no message"},
    {"delete from messages_text_data where id > 10", "messages_text"},
    {"insert into commands values(x'01', x'02', '', 0, 0, '{\"body\":\"text\"}')", "keeps the text of a message"},
    {"delete from emails where email = 'u1@example.org'", "has no address to sign in with"},
    {"update emails set user_id = x'00' where email = 'u1@example.org'", "belongs to nobody"},
    {"delete from log_epoch", "the history has no name"},
};
void damage(const Folder& folder, const std::string& sql) {
  auto db = Database::open({folder.data().database()});
  REQUIRE(db);
  const std::int64_t before = (*db)->total_changes();
  if (auto done = (*db)->run(sql); !done) FAIL(sql << ": " << done.error().message);
  REQUIRE((*db)->total_changes() > before);  // it did damage something
}
}  // namespace

TEST_CASE("what a server has written is found to be right, whatever the batches, also while it runs") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Folder folder;
    live(folder, seed, 500, seed % 2 ? 1 : 50);
    auto running = open_store(folder);
    const auto report = verified(folder.data().database());
    INFO("seed " << seed << '\n' << text_of(report));
    CHECK(report.clean());
    CHECK(report.rebuilt);
    CHECK(report.positions == running->head());
    CHECK(report.messages > 0);
  }
}

TEST_CASE("each kind of damage is found and named") {
  Folder whole;
  live(whole, 3, 500, 20);
  for (const Damage& d : kDamages) {
    Folder folder;
    std::filesystem::copy(whole.data().path, folder.data().path, std::filesystem::copy_options::recursive);
    damage(folder, d.sql);
    const auto report = verified(folder.data().database());
    INFO(d.sql << '\n' << text_of(report));
    CHECK_FALSE(report.clean());
    CHECK(text_of(report).find(d.finding) != std::string::npos);
  }
}

TEST_CASE("a page that is overwritten is found by the file's own check") {
  Folder folder;
  live(folder, 4, 500, 20);
  std::fstream file(folder.data().database(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(4096 * 9), file.write(std::string(4096, 'x').data(), 4096);
  file.close();
  const auto report = verified(folder.data().database());
  INFO(text_of(report));
  CHECK_FALSE(report.clean());
}

TEST_CASE("more findings than anybody reads are counted") {
  Folder folder;
  live(folder, 5, 600, 50);
  damage(folder, "update log set payload = '{'");
  const auto report = verified(folder.data().database());
  CHECK(report.findings.size() == kFindings);
  CHECK(report.more > 0);
}

TEST_CASE("an older schema is looked at as far as it can be, a newer one is refused") {
  Folder folder;
  live(folder, 6, 300, 50);
  damage(folder, "drop table untidy; pragma user_version=2; update log set at=at where position=1");
  const auto report = verified(folder.data().database());
  CHECK(report.clean());
  CHECK_FALSE(report.rebuilt);
  damage(folder, "delete from log where position = 5");
  CHECK_FALSE(verified(folder.data().database()).clean());
  damage(folder, "pragma user_version=99; update log set at=at where position=1");
  auto db = Database::open({folder.data().database(), {}, Database::Sync::full, true});
  CHECK(verify(**db).error().message.find("newer") != std::string::npos);
}
