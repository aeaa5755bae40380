#include "tools/replay/person.hpp"

namespace replay {
using namespace fechatter;
using namespace std::chrono_literals;
namespace {
constexpr const char* kPassword = "replay-password";
constexpr auto kBetweenLooks = 100ms, kBetweenTries = 200ms;
}  // namespace

Person::Person(Runtime& runtime, const Order& order, const Part& part) : runtime_(runtime), order_(order), part_(part) { open(); }

void Person::open() {
  auto client = Client::open(runtime_, {order_.server, part_.directory, {}, "replay", Hold::all});
  if (!client) return again([this] { open(); }, client.error());
  client_ = std::move(*client);
  if (client_->me()) found_account();  // neither calls back before the loop turns
  else sign_up();
}

void Person::turn(Clock::time_point now) {
  if (done_) return;
  if (later_ && now >= retry_at_) {
    const auto run = std::exchange(later_, nullptr);
    run();
  }
  if (!looks_ || now < next_look_) return;
  next_look_ = now + kBetweenLooks;
  look();
}

void Person::fail(const Error& e) { failure_ = part_.name + ": " + std::string(code_name(e.code)) + ": " + e.message, done_ = true; }
void Person::again(std::function<void()> what, const Error& e) {
  if (!e.retryable() && e.code != Code::closed) return fail(e);
  later_ = std::move(what), retry_at_ = Clock::now() + kBetweenTries;
}
void Person::sign_up() {
  handle_ = client_->sign_up({part_.email, kPassword, part_.name, {}, order_.invite}, [this](Result<User> user) {
    if (user) return found_account();
    if (user.error().code == Code::conflict) return sign_in();
    again([this] { sign_up(); }, user.error());
  });
}
void Person::sign_in() {
  handle_ = client_->sign_in(part_.email, kPassword, [this](Result<User> user) {
    if (user) return found_account();
    again([this] { sign_in(); }, user.error());
  });
}
void Person::found_account() {
  handle_ = client_->when_synced([this](Result<Done> r) {
    if (!r) return fail(r.error());
    looks_ = true;
    signed_in();
  });
}
std::optional<std::int64_t> Person::head(ChatId channel) const {
  for (const ChatSummary& c : client_->chats_now())
    if (c.id == channel) return c.head_seq;
  return std::nullopt;
}
std::string Person::report() const {
  if (!client_) return part_.name + ": no client";
  const ClientStatus s = client_->status();
  return part_.name + ": connection " + std::to_string(static_cast<int>(s.connection)) + ", waiting " + std::to_string(s.pending) +
      (s.last_error ? ", " + s.last_error->message : "");
}

}  // namespace replay
