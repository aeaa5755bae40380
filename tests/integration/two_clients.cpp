// Two clients of one server, over real sockets: what is never stored, and so is in no other test's tables. One loop turns both.
#include <cstdio>
#include <filesystem>
#include <map>
#include "fechatter/client.hpp"
#include "fechatter/server.hpp"

using namespace fechatter;
using Clock = std::chrono::steady_clock;

namespace {
struct Person {
  std::unique_ptr<Client> client;
  UserId id;
  std::map<UserId, Availability> there;
  std::map<UserId, bool> writes;

  Person(Runtime& runtime, const std::string& server, const std::string& directory) {
    auto opened = Client::open(runtime, {.server = server, .directory = directory});
    if (!opened) return;
    client = std::move(*opened);
    client->on_presence([this](UserId who, Availability state) { there[who] = state; });
    client->on_typing([this](ChatId, UserId who, bool active) { writes[who] = active; });
  }
  bool is(UserId who, Availability state) const { return there.contains(who) && there.at(who) == state; }
  bool sees_writing(UserId who, bool active) const { return writes.contains(who) && writes.at(who) == active; }
};

/// Fails by its name.
struct Town {
  std::unique_ptr<Runtime> runtime = Runtime::host_driven();
  bool well = true;

  template <class F> void until(const char* what, F&& test) {
    const auto end = Clock::now() + std::chrono::seconds(60);
    while (well && !test() && Clock::now() < end) runtime->poll(Clock::now() + std::chrono::milliseconds(20));
    if (well && !test()) well = false, std::fprintf(stderr, "not within a minute: %s\n", what);
  }
  template <class T> auto into(std::optional<T>& out) {
    return [&out](Result<T> result) {
      if (result) out = std::move(*result);
      else std::fprintf(stderr, "%s\n", result.error().message.c_str());
    };
  }
  void sign_up(Person& p, NewAccount account) {
    std::optional<User> user;
    const auto handle = p.client->sign_up(std::move(account), into(user));
    until("signed up", [&] { return user.has_value(); });
    if (user) p.id = user->id;
  }
  std::string invitation(Person& p) {
    std::optional<std::string> json;
    until("a workspace", [&] { return p.client->workspaces().size() == 1; });
    if (!well) return {};
    const auto handle = p.client->call("create_invite", R"({"workspace_id":")" + p.client->workspaces()[0].id.str() + "\"}", into(json));
    until("an invitation", [&] { return json.has_value(); });
    const auto at = json ? json->find("\"code\":\"") : std::string::npos;
    return at == std::string::npos ? std::string{} : json->substr(at + 8, json->find('"', at + 8) - at - 8);
  }
};

bool live(const std::string& directory) {
  const auto server = EmbeddedServer::start({.directory = directory + "/server"});
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), false;
  Town town;
  Person ann(*town.runtime, (*server)->url(), directory + "/ann");
  auto bob = std::make_unique<Person>(*town.runtime, (*server)->url(), directory + "/bob");
  if (!ann.client || !bob->client) return false;
  town.sign_up(ann, {"ann@example.org", "a long password", "Ann", "Town", {}});
  town.sign_up(*bob, {"bob@example.org", "a long password", "Bob", {}, town.invitation(ann)});
  if (!town.well) return false;
  const auto chat = ann.client->create_chat({.kind = ChatSummary::Kind::direct, .member_ids = {bob->id}});
  if (!chat || !ann.client->send(*chat, "hello")) return false;
  town.until("the message is there", [&] { return bob->client->held(*chat).size() == 1; });
  const auto list = ann.client->chats();
  const auto timeline = bob->client->timeline(*chat);
  const UserId a = ann.id, b = bob->id;
  town.until("Bob is there, by Ann's list", [&] { return ann.is(b, Availability::online); });
  town.until("Ann is there, by Bob's timeline", [&] { return bob->is(a, Availability::online); });
  bob->client->set_presence(Availability::away);
  town.until("Bob is away", [&] { return ann.is(b, Availability::away); });
  const auto open = ann.client->timeline(*chat);
  town.until("Bob writes", [&] { return timeline->typing(), ann.sees_writing(b, true); });
  if (!bob->client->send(*chat, "hello, Ann")) return false;
  town.until("Bob has written", [&] { return ann.sees_writing(b, false); });
  town.until("Ann writes", [&] { return open->typing(), bob->sees_writing(a, true); });
  town.until("Ann thinks again", [&] { return bob->sees_writing(a, false); });
  return town.well;
}
}  // namespace

int main() {
  const auto directory = (std::filesystem::temp_directory_path() / "fechatter-two-XXXXXX").string();
  std::string made = directory;
  if (!::mkdtemp(made.data())) return 1;
  const bool done = live(made);
  std::filesystem::remove_all(made);
  return done ? 0 : 1;
}
