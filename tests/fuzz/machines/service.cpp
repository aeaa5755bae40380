// Every read of the service, asked by a member, by somebody of the workspace who is not in the private chat, by a stranger and by
// nobody, with any path and query: never a 5xx, always JSON, and no text to whoever may not read it. Names for what is there: $p the
// private chat, $c the open one, $m and $n a message of each, $w the workspace, $u a person, $s a cursor.
#include "sdk/service/routes/router.hpp"
#include "tests/fuzz/engine/fuzz.hpp"
#include "tests/unit/service/service_world.hpp"

using namespace fechatter;
using namespace fechatter::service_test;
using nlohmann::json;

namespace {
class Rooms {
 public:
  Rooms();
  Reply ask(std::size_t who, const std::string& path) {
    world_.limited.clear();
    if (++asked_ % 100'000 == 0) world_.wait(1);  // a world in which nothing takes time is taken for one that stands still
    return world_.call(people_[who], "GET", path);
  }
  std::string named(std::string_view text) const;

 private:
  // A channel with five messages, the last of which is edited. Answers that one and the channel.
  std::pair<std::string, std::string> channel(const std::string& kind, const std::string& word);

  ServiceWorld world_;
  std::vector<Person> people_;  // a member of both chats, one of the workspace, a stranger, nobody
  std::map<char, std::string> names_;
  std::int64_t asked_ = 0;
};

Rooms::Rooms() {
  const Person& ann = world_.ann;
  const Person bob = world_.join("Bob");
  const json session =
      world_.ok({}, "POST", "/signup",
                {{"email", "eve@example.org"}, {"name", "Eve"}, {"password", "correct horse"}, {"workspace", {{"id", world_.id()}, {"name", "Elsewhere"}}}});
  people_ = {ann, bob, Person{session["user"]["id"], "eve@example.org", session["access_token"]}, Person{}};
  names_['w'] = world_.workspace, names_['u'] = people_[2].id;
  std::tie(names_['p'], names_['m']) = channel("private_channel", "secret");
  std::tie(names_['c'], names_['n']) = channel("public_channel", "inhouse");
  names_['s'] = world_.ok(ann, "GET", "/sync?limit=1")["cursor"];
}
std::pair<std::string, std::string> Rooms::channel(const std::string& kind, const std::string& word) {
  const std::string chat = world_.channel(world_.ann, kind);
  std::string message;
  for (int i = 0; i < 5; ++i) message = world_.post(world_.ann, chat, word + " word https://example.org");
  world_.ok(world_.ann, "PATCH", "/chats/" + chat + "/messages/" + message, {{"body", word + " edited"}});
  return {chat, message};
}
std::string Rooms::named(std::string_view text) const {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto name = text[i] == '$' && i + 1 < text.size() ? names_.find(text[i + 1]) : names_.end();
    if (name == names_.end()) out += text[i];
    else out += name->second, ++i;
  }
  return out;
}
}  // namespace

// A byte for who asks, then "/chats/$c/messages?limit=5"; with the prefix of the API before it.
FUZZ_TARGET(service) {
  static Rooms& rooms = *new Rooms();
  static const Router router;
  fuzz::Input in(bytes);
  const std::size_t who = in.below(4);
  const std::string path = rooms.named(in.rest());
  const auto match = router.match("GET", std::string(kApiPrefix) + path.substr(0, path.find('?')));
  if (match && (match->target.command || match->target.call->name == "poll")) return;  // changes nothing, answers at once
  const Reply answer = rooms.ask(who, path);  // which throws where it is no JSON
  HOLDS(answer.status >= 200 && answer.status < 500);
  const std::string text = answer.status < 400 ? answer.json.dump() : std::string();  // a refusal names what was asked
  HOLDS(who == 0 || text.find("secret") == text.npos);
  HOLDS(who < 2 || text.find("inhouse") == text.npos);
  if (who == 3 && match) HOLDS(answer.status >= 400 || match->target.permission() == Permission::anyone);
}
