// How a run begins: a server, a town, its people and their devices.
#include <algorithm>
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/sim/run.hpp"

namespace fechatter::sim {
namespace {
constexpr std::size_t kFirstListener = 50;  // their numbers, among those of the devices
}

bool Run::settle_down() {
  start_server();
  return server_.up();
}
bool Run::until(const std::function<bool()>& done, const char* what) {
  for (int i = 0; i < 600; ++i) {
    if (done()) return true;
    run_for(50);
  }
  ledger_.blame(std::string("could not ") + what);
  return false;
}

Device& Run::add_device(std::string email) {
  devices_.push_back(std::make_unique<Device>(world_, network_, ledger_, town_, sights_, devices_.size(), chance(400) ? Hold::all : Hold::recent));
  watches_.push_back(std::make_unique<DeviceWatch>(sights_));
  device_seen_.push_back(0);
  devices_.back()->set_email(std::move(email));
  if (!story_.brief && chance(80)) old_.insert(devices_.back()->number());
  open_device(*devices_.back());
  return *devices_.back();
}

bool Run::sign_everybody_up(std::size_t people) {
  Device& first = add_device("p0@example.org");
  first.sign_up("Town", "");
  if (!until([&] { return first.client().connection() == Connection::live && !first.client().workspaces().empty(); }, "sign up")) return false;
  town_.workspace = first.client().workspaces().front().id;
  first.call("create_invite", "{\"workspace_id\":\"" + town_.workspace.str() + "\"}", [this](const std::string& json) {
    InviteView v;
    if (!read_json(json, v, Reading::tolerant)) town_.invites.push_back(v.code);
  });
  if (!until([&] { return !town_.invites.empty(); }, "invite")) return false;
  for (std::size_t i = 1; i < people; ++i) add_device("p" + std::to_string(i) + "@example.org").sign_up("", town_.invites.front());
  return until([&] { return town_.users.size() == people; }, "sign everybody up");
}

// More devices of the same people, and programs without the SDK.
bool Run::sign_in_again() {
  const std::size_t people = town_.users.size(), more = lot(3), listeners = story_.brief ? 0 : lot(3);
  for (std::size_t i = 0; i < more; ++i) add_device("p" + std::to_string(lot(people)) + "@example.org").sign_in();
  for (std::size_t i = 0; i < listeners; ++i)
    listeners_.push_back(std::make_unique<Listener>(world_, network_, ledger_, town_, kFirstListener + i, "p" + std::to_string(lot(people)) + "@example.org"));
  return until([&] { return std::all_of(devices_.begin(), devices_.end(), [](const auto& d) { return static_cast<bool>(d->user); }); }, "sign in again");
}

bool Run::found_town() {
  if (!sign_everybody_up(2 + lot(3)) || !sign_in_again()) return false;
  Device& first = *devices_.front();
  if (const auto general = first.client().create_chat({town_.workspace, ChatSummary::Kind::public_channel, "general", "", town_.users}))
    town_.channels.push_back(*general);
  create_channel(first, "forgetful", "since_join");  // who comes later sees nothing from before
  if (!story_.brief && chance(60))                   // more than a page of sync
    for (std::int64_t n = span(20, 45); n > 0; --n) create_channel(first, "room " + std::to_string(n), "all");
  return until([&] { return std::all_of(devices_.begin(), devices_.end(), [](const auto& d) { return !d->client().chats_now().empty(); }); },
               "found a channel");
}

void Run::create_channel(Device& by, const std::string& name, const char* history) {
  ChatId chat;
  world_.random().fill(chat.bytes.data(), chat.bytes.size());
  chat.bytes[6] = static_cast<std::uint8_t>(0x70 | (chat.bytes[6] & 15)), chat.bytes[8] = static_cast<std::uint8_t>(0x80 | (chat.bytes[8] & 63));
  by.call("create_chat",
          "{\"id\":\"" + chat.str() + "\",\"workspace_id\":\"" + town_.workspace.str() + "\",\"kind\":\"public_channel\",\"name\":\"" + name +
              "\",\"history\":\"" + history + "\",\"member_ids\":[]}");
  town_.channels.push_back(chat);
}

}  // namespace fechatter::sim
