#include "tests/sim/people/device.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "tests/support/diffs.hpp"

namespace fechatter::sim {

Device::Device(World& world, Network& network, Ledger& ledger, Town& town, Sights& sights, std::size_t number, Hold hold)
    : world_(world), network_(network), ledger_(ledger), town_(town), sights_(sights), log_(sights), number_(number), hold_(hold),
      bot_(world.random().below(4) == 0), random_(world.random().next()), clock_(world, static_cast<std::int64_t>(world.random().below(20000)) - 10000),
      disk_(world.random().next()) {
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
  client_->on_typing([this](ChatId, UserId, bool) { sights_.see("people somebody is seen typing"); });
  client_->on_presence([this](UserId, Availability) { sights_.see("people somebody's presence is seen"); });
  if (bot_ && user) open_feed();
  return Done{};
}

void Device::end(End how) {
  if (how == End::power) disk_.power_cycle();
  if (how == End::killed) disk_.kill();
  if (how != End::closed && loop_) loop_->stop(), app_->stop();
  open_.clear(), feed_.reset(), list_.reset(), client_.reset();
  questions_.clear(), signing_in_ = false;
  if (loop_) loop_->stop(), app_->stop();
  http_.reset(), loop_.reset(), app_.reset(), files_.reset();
  if (how == End::closed) disk_.kill();  // locks and shared memory go with the process
}

void Device::sign_up(const std::string& workspace, const std::string& invite) {
  client_
      ->sign_up({email_, password(), "Person " + std::to_string(number_), workspace, invite},
                [this](Result<User> me) {
                  if (!me) return ledger_.blame("signing up failed: " + me.error().message);
                  user = me->id, ledger_.user_of(number_, user);
                  town_.users.push_back(user);
                })
      .detach();
}
// What fails for want of a network is tried again by whoever asked for it; another password that may be the right one, too.
void Device::sign_in() {
  if (std::exchange(signing_in_, true)) return;
  client_
      ->sign_in(email_, password(),
                [this](Result<User> me) {
                  signing_in_ = false;
                  guesses_ += !me && me.error().code == Code::unauthenticated;
                  if (!me) return;
                  user = me->id, signed_out_ = false, ledger_.user_of(number_, user);
                })
      .detach();
}
std::string Device::password() const {
  const auto found = town_.passwords.find(email_);
  if (found == town_.passwords.end()) return "correct horse";
  const auto& known = found->second;
  return known[known.size() - 1 - guesses_ % known.size()];
}
void Device::call(const std::string& method, const std::string& json, std::function<void(std::string)> answer) {
  client_
      ->call(method, json,
             [answer = std::move(answer)](Result<std::string> body) {
               if (answer && body) answer(*body);
             })
      .detach();
}

// The type of a page, behind everybody's back: whoever reads it next learns that the file is damaged.
void Device::damage_cache() {
  constexpr std::int64_t kPage = 4096;
  const std::int64_t pages = disk_.size("/home/cache.db") / kPage;
  if (pages > 1) (void)disk_.flip("/home/cache.db", kPage * (1 + static_cast<std::int64_t>(lot(static_cast<std::uint64_t>(pages - 1)))));
}

// Only the file says which version wrote it; one that is damaged is built anew by whoever opens it.
bool Device::upgrade() {
  if (disk_.size("/home/cache.db") <= 0) return true;
  auto db = Database::open({"/home/cache.db", disk_.vfs(), Database::Sync::normal});
  const auto done = db ? (*db)->run("update meta set value='fewer' where name='events'") : Result<Done>(db.error());
  if (!done) return done.error().code == Code::corrupt;
  sights_.see("people a newer version opens the cache");
  return true;
}

// --- what is on the screen ---

void Device::open_timeline(ChatId chat) {
  if (open_.size() >= 3) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(lot(open_.size())));
  auto o = std::make_unique<Open>();
  o->chat = chat, o->timeline = client_->timeline(chat);
  o->timeline->on_change([this, raw = o.get()] {
    if (const auto text = look(*raw); !text.empty() && !ledger_.doubtful()) ledger_.blame("device " + std::to_string(number_) + " " + text);
  });
  open_.push_back(std::move(o));
}

// No gap is ever shown as if it were continuous history.
std::string Device::look(Open& o) {
  apply_diffs(o.copy, o.timeline->drain());
  watch(o);
  const auto& items = o.timeline->items();
  const auto same = [](const TimelineItem& a, const TimelineItem& b) {
    return a.message == b.message && a.state == b.state && a.gap_before == b.gap_before && a.author == b.author;
  };
  if (!std::equal(items.begin(), items.end(), o.copy.begin(), o.copy.end(), same)) return "shows a timeline that its differences do not lead to";
  const TimelineItem* before = nullptr;
  std::set<MessageId> ids;
  for (const TimelineItem& item : items) {
    if (!ids.insert(item.message.id).second) return "shows a message twice";
    if (item.state != TimelineItem::State::sent) continue;
    if (before && item.message.seq <= before->message.seq) return "shows messages out of order";
    if (before && !item.gap_before && item.message.seq != before->message.seq + 1)
      return "shows seq " + std::to_string(item.message.seq) + " right behind " + std::to_string(before->message.seq);
    before = &item;
  }
  return {};
}

// Which states of a timeline were shown.
void Device::watch(Open& o) {
  static constexpr const char* kEdges[] = {"more", "loading", "end", "offline"};
  static constexpr const char* kStates[] = {"sent", "sending", "waiting", "failed"};
  const auto turn = [&](const char* edge, std::string& before, Timeline::Edge now) {
    const std::string name = kEdges[static_cast<std::size_t>(now)];
    if (name != before) sights_.see(std::string("timeline ") + edge + " " + (before.empty() ? "opened" : before) + " -> " + name), before = name;
  };
  turn("older", o.older, o.timeline->older());
  turn("newer", o.newer, o.timeline->newer());
  if (o.timeline->stale()) sights_.see("timeline stale");
  for (const TimelineItem& item : o.timeline->items()) {
    if (item.state != TimelineItem::State::sent) sights_.see(std::string("timeline an item ") + kStates[static_cast<std::size_t>(item.state)]);
    if (item.gap_before) sights_.see(item.state == TimelineItem::State::sent ? "timeline a gap between" : "timeline a gap before what is pending");
  }
}

}  // namespace fechatter::sim
