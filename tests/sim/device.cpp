#include "tests/sim/device.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/support/diffs.hpp"

namespace fechatter::sim {

Device::Device(World& world, Network& network, Ledger& ledger, Town& town, std::size_t number, Hold hold)
    : world_(world), network_(network), ledger_(ledger), town_(town), number_(number), hold_(hold), random_(world.random().next()),
      clock_(world, static_cast<std::int64_t>(world.random().below(20000)) - 10000), disk_(world.random().next()) {
  disk_.register_as("sim-device-" + std::to_string(number));
}
Device::~Device() {
  if (client_) end(End::closed);
}

Result<Done> Device::open() {
  files_ = disk_.files();
  loop_ = world_.loop("device"), app_ = world_.loop("app");
  http_ = network_.http(number_, *loop_);
  ClientOptions options{"http://sim", "/home", {}, "device " + std::to_string(number_), hold_};
  options.executor = [app = app_.get()](std::function<void()> run) { app->post(std::move(run)); };
  auto client = open_client({loop_.get(), &clock_, &random_, files_.get(), http_.get(), &log_, disk_.vfs()}, std::move(options));
  if (!client) return client.error();
  client_ = std::move(*client);
  list_ = client_->chats();
  list_copy_.clear();
  list_->on_change([this] {
    apply_diffs(list_copy_, list_->drain());
    if (list_copy_ != list_->items()) ledger_.blame("the differences of a chat list do not lead to the list");
  });
  return Done{};
}

void Device::end(End how) {
  if (how == End::power) disk_.power_cycle();
  if (how == End::killed) disk_.kill();
  if (how != End::closed && loop_) loop_->stop(), app_->stop();
  open_.clear(), list_.reset(), client_.reset();
  if (loop_) loop_->stop(), app_->stop();
  http_.reset(), loop_.reset(), app_.reset(), files_.reset();
  if (how == End::closed) disk_.kill();  // locks and shared memory go with the process
}

void Device::sign_up(const std::string& workspace, const std::string& invite) {
  client_
      ->sign_up({email_, "correct horse", "Person " + std::to_string(number_), workspace, invite},
                [this](Result<User> me) {
                  if (!me) return ledger_.blame("signing up failed: " + me.error().message);
                  user = me->id, ledger_.user_of(number_, user);
                  town_.users.push_back(user);
                })
      .detach();
}
void Device::sign_in() {
  client_
      ->sign_in(email_, "correct horse",
                [this](Result<User> me) {
                  if (!me) return ledger_.blame("signing in failed: " + me.error().message);
                  user = me->id, ledger_.user_of(number_, user);
                })
      .detach();
}
void Device::call(const std::string& method, const std::string& json, std::function<void(std::string)> answer) {
  client_
      ->call(method, json,
             [answer = std::move(answer)](Result<std::string> body) {
               if (answer && body) answer(*body);
             })
      .detach();
}

// --- what is on the screen ---

void Device::open_timeline(ChatId chat) {
  if (open_.size() >= 3) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(lot(open_.size())));
  auto o = std::make_unique<Open>();
  o->chat = chat, o->timeline = client_->timeline(chat);
  o->timeline->on_change([this, raw = o.get()] { look(*raw); });
  open_.push_back(std::move(o));
}

// No gap is ever shown as if it were continuous history.
void Device::look(Open& o) {
  apply_diffs(o.copy, o.timeline->drain());
  const auto& items = o.timeline->items();
  const auto same = [](const TimelineItem& a, const TimelineItem& b) {
    return a.message == b.message && a.state == b.state && a.gap_before == b.gap_before && a.author == b.author;
  };
  if (!std::equal(items.begin(), items.end(), o.copy.begin(), o.copy.end(), same)) ledger_.blame("the differences of a timeline do not lead to the timeline");
  const TimelineItem* before = nullptr;
  std::set<MessageId> ids;
  for (const TimelineItem& item : items) {
    if (!ids.insert(item.message.id).second) ledger_.blame("device " + std::to_string(number_) + " shows a message twice");
    if (item.state != TimelineItem::State::sent) continue;
    if (before && item.message.seq <= before->message.seq) ledger_.blame("device " + std::to_string(number_) + " shows messages out of order");
    if (before && !item.gap_before && item.message.seq != before->message.seq + 1)
      ledger_.blame("device " + std::to_string(number_) + " shows seq " + std::to_string(item.message.seq) + " right behind " +
                    std::to_string(before->message.seq));
    before = &item;
  }
}

// --- what the person does ---

std::optional<ChatId> Device::some_chat() {
  const auto chats = client_->chats_now();
  if (chats.empty()) return std::nullopt;
  return chats[lot(chats.size())].id;
}
std::optional<Message> Device::some_message(ChatId chat) {
  const auto held = client_->held(chat);
  if (held.empty()) return std::nullopt;
  return held[lot(held.size())];
}

void Device::say(ChatId chat) {
  const std::string token = ledger_.token();
  std::string body = token + std::string(lot(20) == 0 ? 3000 : lot(40), 'x');
  if (lot(10) == 0) body += " @channel";
  std::optional<MessageId> reply;
  if (lot(6) == 0)
    if (const auto m = some_message(chat)) reply = m->id;
  Written& w = ledger_.write({number_, user, chat, {}, 0, body});
  const auto id = client_->send(chat, body, reply);
  if (id) w.id = *id;
}

void Device::change_own(std::uint64_t what) {
  std::vector<Written*> own;
  for (Written& w : ledger_.written())
    if (w.device == number_ && w.id && !w.removed) own.push_back(&w);
  if (own.empty()) return;
  Written& w = *own[own.size() - 1 - lot(std::min<std::size_t>(own.size(), 8))];
  if (what == 0) {
    if (client_->remove(w.id)) w.removed = true;
    else w.unsure = true;
    return;
  }
  const std::string body = w.body.substr(0, w.body.find('z') + 1) + " again" + std::to_string(lot(1000));
  if (client_->edit(w.id, body)) w.body = body;
  else w.unsure = true;
}

// Somebody else's message, or the chat itself.
void Device::touch(ChatId chat) {
  const auto m = some_message(chat);
  switch (lot(9)) {
    case 0:
    case 1:
    case 2:
      if (m && !m->deleted) (void)client_->react(m->id, lot(2) ? "👍" : "🎉", lot(4) != 0);
      break;
    case 3:
    case 4:
    case 5:
      if (m) (void)client_->mark_read(chat, m->seq);
      break;
    case 6: (void)client_->save_draft(chat, "thinking about it"); break;
    case 7: (void)client_->search_local("tok" + std::to_string(lot(50)) + "z"); break;
    default: client_->search("again", ignore<std::vector<SearchHit>>()).detach();
  }
}

// The person sees that something was refused, and sends it again or lets it be.
void Device::decide_refused() {
  const auto failed = unsent(true);
  if (failed.empty()) return;
  auto it = std::next(failed.begin(), static_cast<std::ptrdiff_t>(lot(failed.size())));
  const auto w = std::find_if(ledger_.written().begin(), ledger_.written().end(), [&](const Written& x) { return x.id == *it; });
  if (w == ledger_.written().end()) return;
  if (lot(3) == 0) {
    if (client_->discard(*it)) w->removed = true;
    else w->unsure = true;
  } else if (const auto again = client_->retry(*it)) {
    w->refused.push_back(w->id), w->id = *again;
  } else {
    w->unsure = true;
  }
}

void Device::found_chat() {
  NewChat chat{town_.workspace, static_cast<ChatSummary::Kind>(lot(4)), "room " + std::to_string(lot(1000)), "", {}};
  for (const UserId& u : town_.users)
    if (u != user && lot(2)) chat.member_ids.push_back(u);
  if (chat.kind == ChatSummary::Kind::direct) chat.name.clear(), chat.member_ids = {town_.users[lot(town_.users.size())]};
  if (const auto id = client_->create_chat(chat); id && chat.kind == ChatSummary::Kind::public_channel) town_.channels.push_back(*id);
}

void Device::act() {
  if (!client_->me()) return;
  const auto chat = some_chat();
  const std::uint64_t what = lot(100);
  if (what < 3) return found_chat();
  if (what < 6 && !town_.channels.empty()) return client_->join(town_.channels[lot(town_.channels.size())], ignore<Done>()).detach();
  if (!chat) return;
  if (what < 45) say(*chat);
  else if (what < 57) change_own(lot(4));
  else if (what < 72) touch(*chat);
  else if (what < 80) open_timeline(*chat);
  else if (what < 84 && !open_.empty()) open_.erase(open_.begin());
  else if (what < 88 && !open_.empty()) open_.back()->timeline->load_older(ignore<std::size_t>(), 1 + lot(20)).detach();
  else if (what < 90 && !open_.empty()) open_.back()->timeline->typing();
  else if (what < 91) client_->drop_history(*chat);
  else if (what < 93) client_->history(*chat, 0, 1 + lot(40), ignore<std::vector<Message>>()).detach();
  else if (what < 95) client_->leave(*chat, ignore<Done>()).detach();
  else if (what < 97)
    call(lot(3) ? "add_member" : "remove_member", "{\"chat_id\":\"" + chat->str() + "\",\"user_id\":\"" + town_.users[lot(town_.users.size())].str() + "\"}");
  else decide_refused();
}

}  // namespace fechatter::sim
