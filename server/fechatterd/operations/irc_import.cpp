#include "server/fechatterd/operations/irc_import.hpp"
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include "sdk/core/hash.hpp"
#include "sdk/core/members/members.hpp"
#include "sdk/core/messages/messages.hpp"
#include "sdk/core/text/utf8.hpp"
#include "sdk/core/workspaces/workspaces.hpp"
#include "sdk/runtime/thread_loop.hpp"
#include "sdk/service/writes/lane.hpp"
#include "sdk/store/server_store.hpp"
#include "server/fechatterd/operations/irc_log.hpp"

namespace fechatter {
namespace {
constexpr std::size_t kInFlight = 1000, kLongestName = 80, kLongestText = 40000;

struct WorkspaceOwner {
  WorkspaceId id;
  std::string name;
  UserId user_id;
  std::string email;
};
}  // namespace
}  // namespace fechatter
FECHATTER_RECORD(fechatter::WorkspaceOwner, "workspace_owner", FECHATTER_FIELD(id), FECHATTER_FIELD(name), FECHATTER_FIELD(user_id), FECHATTER_FIELD(email));
namespace fechatter {
namespace {
// An id that the same words give again. Its form is that of version 7, as for everything that somebody makes.
template <class I> I derived(std::initializer_list<std::string_view> words) {
  std::string text = "irc";
  for (const auto& w : words) text += '\n' + std::to_string(w.size()) + ' ' + std::string(w);
  const auto digest = sha256(text);
  I id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(' '), last = s.find_last_not_of(' ');
  return first == s.npos ? s.substr(0, 0) : s.substr(first, last - first + 1);
}

// The midnight that begins the day at the end of a file's name.
std::optional<Time> day_of(const std::string& file) {
  const std::string stem = std::filesystem::path(file).stem().string();
  if (stem.size() < 10) return std::nullopt;
  const std::string day = stem.substr(stem.size() - 10);
  for (std::size_t i = 0; i < day.size(); ++i)
    if (i == 4 || i == 7 ? day[i] != '-' : day[i] < '0' || day[i] > '9') return std::nullopt;
  const int y = std::stoi(day.substr(0, 4)), m = std::stoi(day.substr(5, 2)), d = std::stoi(day.substr(8, 2));
  if (y < 1970) return std::nullopt;  // before there was any such chat
  const std::chrono::year_month_day date{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(m)), std::chrono::day(static_cast<unsigned>(d))};
  if (!date.ok()) return std::nullopt;
  return Time{std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::sys_days(date).time_since_epoch()).count()};
}

class Import {
 public:
  Import(IdSource& ids, Log& log, ServerStore& store, const ImportOptions& options, const std::function<void(const std::string&)>& bad_line)
      : ids_(ids), store_(store), lane_(loop_, store, log, {}), options_(options), bad_line_(bad_line) {}

  Result<ImportReport> run();

 private:
  Result<Done> choose_workspace();
  Result<Done> make_channel(Time);
  void take_file(const std::string& file, Time day);
  void take_line(const std::string& place, std::string_view raw, Time day);
  void bring(const std::string& nick, UserId, Time);
  void bad(const std::string& line);
  template <class C> void submit(C command, UserId actor, Time at, CommandId id, std::int64_t* counts = nullptr);
  void settle(std::size_t most);

  IdSource& ids_;
  ServerStore& store_;
  PollLoop loop_;  // this thread turns it
  Lane lane_;
  const ImportOptions& options_;
  const std::function<void(const std::string&)>& bad_line_;
  std::unique_ptr<Snapshot> before_;  // what is there already
  WorkspaceOwner home_;
  ChatId channel_;
  Time newest_;  // of its messages
  std::set<UserId> here_;  // brought in by this run
  std::size_t in_flight_ = 0;
  std::optional<Error> failed_;
  ImportReport report_;
};

Result<Done> Import::choose_workspace() {
  auto all = before_->rows<WorkspaceOwner>("workspace_owners", {});
  if (!all) return all.error();
  std::set<WorkspaceId> found;
  const WorkspaceOwner* chosen = nullptr;
  for (const auto& w : *all) {
    if (!options_.workspace.empty() && w->name != options_.workspace && w->id.str() != options_.workspace) continue;
    found.insert(w->id);
    if (!chosen && (options_.owner.empty() || w->email == options_.owner)) chosen = w.get();
  }
  if (found.empty())
    return Error{Code::not_found, options_.workspace.empty() ? "there is no workspace yet; sign up first" : "no workspace: " + options_.workspace, {}};
  if (found.size() > 1) return Error{Code::invalid_argument, "there is more than one such workspace; name it by --workspace ID", {}};
  if (!chosen) return Error{Code::not_found, "no owner of that workspace: " + options_.owner, {}};
  home_ = *chosen;
  return Done{};
}

// Its history begins with its first line, so that this is no message's earliest possible time.
Result<Done> Import::make_channel(Time first) {
  channel_ = derived<ChatId>({home_.id.str(), options_.channel});
  const auto held = before_->load(type_of<ChatRow>, make_key(channel_));
  if (held) return newest_ = static_cast<const ChatRow*>(held.get())->last_at, Done{};
  CreateChat c{channel_, home_.id, ChatKind::public_channel};
  c.name = options_.channel;
  CreateChat read;  // as everybody's are
  if (trimmed(options_.channel).empty()) return Error{Code::invalid_argument, "--channel: must not be blank", {}};
  if (const auto wrong = read_json(to_json(c), read, Reading::strict)) return Error{Code::invalid_argument, "--channel: " + wrong->message, {}};
  submit(std::move(c), home_.user_id, first, id_cast<CommandId>(channel_));
  return Done{};
}

template <class C> void Import::submit(C command, UserId actor, Time at, CommandId id, std::int64_t* counts) {
  Submission s{find_command(type_of<C>.name), std::make_shared<const C>(std::move(command)), {}, 256};
  s.context.actor = actor, s.context.now = at, s.context.command_id = id;
  ++in_flight_;
  lane_.submit(std::move(s), [this, counts](Outcome outcome) {
    --in_flight_;
    if (outcome.error && !failed_) failed_ = outcome.error;
    if (!outcome.error && counts) ++*counts;
  });
}

void Import::settle(std::size_t most) {
  while (in_flight_ > most) (void)loop_.poll(INT64_MAX);
}

void Import::bring(const std::string& nick, UserId user, Time at) {
  if (!here_.insert(user).second) return;
  const bool fresh = !before_->load(type_of<UserRow>, make_key(user));
  submit(AddPuppet{user, home_.id, std::string(text::truncate(nick, kLongestName))}, home_.user_id, at, id_cast<CommandId>(user),
         fresh ? &report_.people : nullptr);
  submit(AddMember{channel_, user, {}}, user, at, ids_.next<CommandId>());
}

void Import::bad(const std::string& line) {
  ++report_.bad;
  bad_line_(line);
}

void Import::take_line(const std::string& place, std::string_view raw, Time day) {
  IrcLine line = parse_irc_line(raw);
  if (line.kind == IrcLine::unknown) return bad(place + ": is no line of an IRC log");
  if (line.text.size() > kLongestText) return bad(place + ": is longer than a message may be");
  if (line.kind == IrcLine::status) return void(++report_.status);
  report_.repaired += line.repaired;
  const auto id = derived<MessageId>({channel_.str(), place, raw});
  if (before_->load(type_of<MessageRow>, make_key(id))) return void(++report_.known);
  const Time at{day.ms + line.minute * 60'000};
  const std::string nick(trimmed(line.nick));
  const auto user = derived<UserId>({home_.id.str(), nick});
  bring(nick, user, at);
  report_.late += at < newest_;
  newest_ = std::max(newest_, at);
  submit(PostMessage{channel_, id, std::move(line.text), {}, {}, {}, false}, user, at, id_cast<CommandId>(id), &report_.posted);
}

void Import::take_file(const std::string& file, Time day) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return void(failed_ = Error{Code::not_found, "cannot read " + file, {}});
  const std::string name = std::filesystem::path(file).filename().string();
  std::int64_t number = 0;
  for (std::string raw; !failed_ && std::getline(in, raw);) {
    take_line(name + ':' + std::to_string(++number), raw, day);
    settle(kInFlight);
  }
  if (in.bad()) failed_ = Error{Code::internal, "cannot read " + file, {}};
}

Result<ImportReport> Import::run() {
  std::vector<std::pair<Time, std::string>> files;
  for (const std::string& file : options_.files) {
    const auto day = day_of(file);
    if (!day) return Error{Code::invalid_argument, "the name does not end in a day, YYYY-MM-DD: " + file, {}};
    files.emplace_back(*day, file);
  }
  std::sort(files.begin(), files.end());
  before_ = store_.snapshot();
  if (auto done = choose_workspace(); !done) return done.error();
  if (auto done = make_channel(files.front().first); !done) return done.error();
  for (std::size_t i = 0; i < files.size() && !failed_; ++i) {
    take_file(files[i].second, files[i].first);
    settle(0);
    if (auto failure = before_->take_failure()) failed_ = failure;
    before_.reset(), before_ = store_.snapshot();  // a snapshot that stays keeps the WAL
  }
  if (failed_) return *failed_;
  return report_;
}
}  // namespace

Result<ImportReport> import_irc(Files& files, IdSource& ids, Log& log, const DataDirectory& directory, const ImportOptions& options,
                                const std::function<void(const std::string&)>& bad_line) {
  if (!files.exists(directory.database())) return Error{Code::not_found, directory.database() + ": no such database; start the server and sign up first", {}};
  auto held = lock(files, directory);
  if (!held) return held.error();
  if (auto whole = check_whole(files, directory); !whole) return whole.error();
  auto store = ServerStore::open({directory.database(), {}, ids.next<AnyId>(), [&log](std::string_view why) {
                                    log.write(Level::error, "store", why);
                                    std::_Exit(3);
                                  }});
  if (!store) return store.error();
  return Import(ids, log, **store, options, bad_line).run();
}

}  // namespace fechatter
