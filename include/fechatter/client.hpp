#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>
#include "fechatter/chat_list.hpp"
#include "fechatter/feed.hpp"
#include "fechatter/runtime.hpp"
#include "fechatter/timeline.hpp"

namespace fechatter {

enum class Connection : std::uint8_t { signed_out, offline, connecting, catching_up, live };
/// How much of a chat's history this device keeps: what was looked at and what arrives, or everything.
enum class Hold : std::uint8_t { recent, all };
enum class Availability : std::uint8_t { online, away, offline };

struct ClientOptions {
  std::string server;                 ///< "https://chat.example.org", without a path
  std::string directory;              ///< holds core.db and cache.db; one client per directory
  Executor executor{};                ///< required, except with a host-driven runtime (then empty means: inside poll)
  std::string device{};               ///< shown in the account's list of sessions
  Hold hold = Hold::recent;           ///< for every chat without a word of its own
};

/// Numbers for status lines and for tests.
struct ClientStatus {
  Connection connection{};
  std::size_t pending = 0;            ///< changes of this device that the server has not acknowledged, failed ones included
  std::size_t failed = 0;             ///< of those: refused for good; see retry and discard
  std::int64_t position = 0;          ///< how far the cache follows the server's log
  bool synced = false;                ///< caught up at least once since the client was opened
  std::optional<Error> last_error;    ///< the latest failure of the connection or of a request; none while all is well
};

/// One account on one device. Thread-safe: every method may be called from any thread; callbacks come on the executor.
/// Result<T>: done in the call, without the network, after at most one small durable write. Completion: later, once.
/// Everything works offline but what says otherwise: the cache is shown, changes are queued.
class Client {
 public:
  /// Restores the session. locked: another client has this directory. corrupt: core.db is damaged or of a newer version; nothing
  /// was touched. invalid_argument (server): the directory is signed in at another host; sign out there first. A damaged cache is set
  /// aside and built anew.
  static Result<std::unique_ptr<Client>> open(Runtime&, ClientOptions);
  /// Waits for the running write, ends every interest (completions get `closed`), releases the files. Not inside a callback of this
  /// client: post it. Nothing of this client runs after it returns.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // --- account; needs the network
  Handle sign_in(std::string email, std::string password, Completion<User>);
  Handle sign_up(NewAccount, Completion<User>);
  /// Ends the session, also when the server cannot be reached, and drops the cache. Queued changes wait for this account's next sign-in.
  /// Completes when the server knows, at the latest after two seconds. storage_full: the tokens could not be erased, and nothing has changed.
  Handle sign_out(Completion<Done>);
  std::optional<User> me() const;

  Connection connection() const;
  void on_connection(std::function<void()> wake);
  ClientStatus status() const;
  /// Completes when the cache has caught up with the server, at once if it is live.
  Handle when_synced(Completion<Done>);
  /// Completes when nothing is queued any more; with the error of the first refused change when only refused ones are left.
  Handle when_sent(Completion<Done>);

  // --- changes: durable before the call returns, sent when possible, in order, surviving a crash. storage_full: not queued
  /// invalid_argument: empty, too long, not UTF-8. The message is in the chat's timelines at once.
  Result<MessageId> send(ChatId, std::string body, std::optional<MessageId> reply_to = {});
  /// send() under an id derived from (this account, question.id): whoever answers again after a crash sends one message.
  Result<MessageId> reply_once(const Message& question, std::string body);
  /// Of a message that has not left yet the text is replaced, or the message dropped; else a change queued behind it.
  Result<Done> edit(MessageId, std::string body);
  Result<Done> remove(MessageId);
  Result<Done> react(MessageId, std::string emoji, bool on = true);
  Result<Done> mark_read(ChatId, std::int64_t seq);
  /// Queues the creation; messages to the new chat wait behind it. The id of a direct chat is the same on every device.
  Result<ChatId> create_chat(NewChat);
  /// A change that was refused, by the id of its message: sends it again under a new id (returned), or forgets it.
  Result<MessageId> retry(MessageId);
  Result<Done> discard(MessageId);
  /// Queued as well; the completion tells the server's answer.
  Handle join(ChatId, Completion<Done>);
  Handle leave(ChatId, Completion<Done>);

  // --- reading what is held; no network
  std::vector<ChatSummary> chats_now() const;                     ///< newest activity first
  /// An id, a channel's name (with or without #) or a person's name. not_found; conflict: several.
  Result<ChatId> find_chat(const std::string& name) const;
  std::vector<Workspace> workspaces() const;
  std::vector<User> users() const;                                ///< everyone this device knows
  std::string name_of(UserId) const;                              ///< empty while unknown
  /// Held messages of a chat by ascending seq; the list may have holes.
  std::vector<Message> held(ChatId) const;
  /// In the query language of the server's search; newest first.
  Result<std::vector<SearchHit>> search_local(const std::string& query, std::size_t limit = 20) const;
  void hold(ChatId, Hold);
  /// Drops held messages and forgets which ranges were held; they are fetched again when needed.
  void drop_history(ChatId);

  /// What was typed and not sent; empty: none. Durable, on this device only.
  Result<Done> save_draft(ChatId, const std::string& body);
  std::string draft(ChatId) const;

  // --- needs the network
  Handle search(std::string query, Completion<std::vector<SearchHit>>);
  /// Messages before `before_seq` (0: the newest), ascending; from the file where it holds them, else from the server.
  Handle history(ChatId, std::int64_t before_seq, std::size_t limit, Completion<std::vector<Message>>);
  /// Any method of the API by its name in the catalog, with its fields as one JSON object; answers the JSON of the resource, empty
  /// for 204. Bypasses the queue.
  Handle call(std::string method, std::string json, Completion<std::string>);

  // --- streams
  std::unique_ptr<ChatList> chats(std::size_t window = 100);      ///< the newest so many; see ChatList::load_more
  std::unique_ptr<Timeline> timeline(ChatId);
  /// See Feed. One Feed per name at a time.
  std::unique_ptr<Feed> feed(std::string name);
  /// Ephemeral: who writes in which chat of the open timelines; who is there.
  void on_typing(std::function<void(ChatId, UserId, bool active)>);
  void on_presence(std::function<void(UserId, Availability)>);

  struct Impl;
  Impl& impl() const { return *impl_; }                           ///< the SDK's own
  explicit Client(std::unique_ptr<Impl>);                         ///< by open

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
