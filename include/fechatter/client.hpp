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

/// signed_out: no session. offline: waits before it tries again. connecting, catching_up: on the way. live: what happens arrives at once.
enum class Connection : std::uint8_t { signed_out, offline, connecting, catching_up, live };
/// How much of a chat's history this device keeps: what was looked at and what arrives, or everything.
enum class Hold : std::uint8_t { recent, all };
/// A person's, as their devices last said.
enum class Availability : std::uint8_t { online, away, offline };

struct ClientOptions {
  std::string server;                 ///< "https://chat.example.org", without a path; required
  std::string directory;              ///< holds core.db and cache.db, made where missing; one client per directory; empty: the current one
  Executor executor{};                ///< required, except with a host-driven runtime (then empty means: inside poll)
  std::string device{};               ///< shown in the account's list of sessions: UTF-8, its first 120 bytes
  Hold hold = Hold::recent;           ///< for every chat without a word of its own
};

/// Numbers for status lines and for tests.
struct ClientStatus {
  Connection connection{};
  std::size_t pending = 0;            ///< changes of this device that the server has not acknowledged, failed ones included
  std::size_t failed = 0;             ///< of those: refused for good; see retry and discard
  std::vector<MessageId> refused{};   ///< which those are, oldest first: ids for retry and discard
  std::int64_t position = 0;          ///< how far the cache follows the server's log: it grows with every event of the server
  bool synced = false;                ///< caught up at least once since the client was opened
  std::optional<Error> last_error;    ///< the latest failure of the connection or of a request; none while all is well: trouble goes when
                                      ///< a request succeeds and no change waits to be tried again, a refusal with the next connection
};

/// One account on one device. Thread-safe: every method may be called from any thread; callbacks come on the executor.
/// Result<T>: done in the call, without the network, after at most one small durable write. Completion: later, once.
/// Everything works offline but what says otherwise: the cache is shown, changes are queued.
/// Strings are UTF-8. Values are copies, the app's own; functions given to the client are destroyed on the executor or by the thread that
/// replaces them, never under a lock, so they may own views and handles of this client, not the client itself.
/// Errors of every call that writes: storage_full; unavailable or internal where the disk fails otherwise. Nothing has changed then.
/// Errors of every Completion: `cancelled`, `closed`; with the network also unavailable (no answer of a Fechatter server), unauthenticated
/// (signed out, or the session has ended), rate_limited and internal. Below stands only what comes on top.
class Client {
 public:
  /// Restores the session; needs no network. The runtime must outlive the client. locked: another client has this directory. corrupt:
  /// core.db is damaged or of a newer version (unavailable, internal: cannot be read); nothing was touched. A damaged cache is set aside and
  /// built anew. invalid_argument: no server; no executor where one is required; or (server) the directory is signed in at another host:
  /// sign out there first.
  static Result<std::unique_ptr<Client>> open(Runtime&, ClientOptions);
  /// Waits for the running write and releases the files. Not inside a callback of this client: post it. Afterwards come, posted, only the
  /// completions whose Handle is held or detached: with the answer that was on its way, or `closed`. No wake (of views that live on
  /// neither: what they show stays), typing or presence any more; a call that runs on the executor in this moment may finish, where this is
  /// another thread.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // --- account; needs the network
  /// Keeps the session, then follows the server. Another account's cache is dropped first. unauthenticated: not this address and password.
  /// invalid_argument: not an address, or no password.
  Handle sign_in(std::string email, std::string password, Completion<User>);
  /// Makes an account and signs in. invalid_argument, with the field. conflict: the address has an account. not_found: no such invitation,
  /// or it has expired or is used up.
  Handle sign_up(NewAccount, Completion<User>);
  /// Ends the session here and drops the cache; queued changes wait for this account's next sign-in. Completes when the server knows, within two
  /// seconds; unavailable: it could not be told, and keeps the session until another device ends it. storage_full: nothing has changed.
  Handle sign_out(Completion<Done>);
  std::optional<User> me() const;                                 ///< nullopt: signed out

  Connection connection() const;                                  ///< offline once the client is closed
  /// `wake` runs after every change of connection(); several in a row may be one. Replaces the one before; empty: none.
  void on_connection(std::function<void()> wake);
  ClientStatus status() const;
  /// Completes when the cache has caught up with the server, at once if it is live; as long as the server cannot be reached, not.
  Handle when_synced(Completion<Done>);
  /// Completes when nothing is on its way any more: at once, or when the server has answered the last change; as long as it cannot be
  /// reached, not. With the first error where changes were refused: of one that is gone (an edit, a deletion, a reaction) the next completion
  /// after its refusal tells, once; a message or chat that failed is told of by all until it is retried or discarded. Joining and leaving
  /// have completions of their own; of a read mark nobody is told. What waits behind a failed one is not waited for; unauthenticated: what is
  /// left waits for this account's next sign-in.
  Handle when_sent(Completion<Done>);

  // --- changes: durable before the call returns, sent when possible, in order, surviving a crash. In the views at once, and from then on.
  // unauthenticated: nobody ever signed in here. What the server refuses later is told by when_sent: a message or a chat then stays, as
  // failed, and stops what is queued for its chat, until retry or discard, or until it turns out to have reached the server another way; any
  // other change is dropped and leaves the views.
  /// invalid_argument: nil chat; text that is blank, not UTF-8, with a NUL, or longer than 40,000 bytes. Later: permission_denied,
  /// not_found, conflict (the chat is archived), invalid_argument (reply_to is not in this chat).
  Result<MessageId> send(ChatId, std::string body, std::optional<MessageId> reply_to = {});
  /// send() under an id derived from (this account, question.id): whoever answers again after a crash sends one message. Under other
  /// words, too: the first that reached the server stay. For bots: where it is refused it is dropped, and does not stop what is queued.
  Result<MessageId> reply_once(const Message& question, std::string body);
  /// Of a message that has not left yet, or has failed, the text is replaced, or the message dropped; else a change queued behind it: a
  /// message that is refused while its deletion is queued goes with it.
  /// invalid_argument: as send. not_found: this device neither holds nor queues the message. Later: permission_denied, not_found, conflict.
  Result<Done> edit(MessageId, std::string body);
  Result<Done> remove(MessageId);
  /// Puts the emoji on, or takes it off; either is fine when it is so already. invalid_argument: empty, longer than 64 bytes, not UTF-8.
  /// not_found: as edit.
  Result<Done> react(MessageId, std::string emoji, bool on = true);
  /// Up to and including `seq`; never backwards, never beyond what is known. `closed`. A refusal is not told.
  Result<Done> mark_read(ChatId, std::int64_t seq);
  /// Queues the creation; messages to the new chat wait behind it. The id of a direct chat is the same on every device, and one that
  /// exists is answered. invalid_argument: nil workspace_id while there is not exactly one. Later: permission_denied, conflict, not_found.
  Result<ChatId> create_chat(NewChat);
  /// A message that failed, by its id (a chat: by its own): sends it again, with its last edit as its text, and answers the new id of the
  /// message, under which everything queued for it follows; a chat keeps its id. Or: forgets it, with what was queued for it. not_found:
  /// nothing of that id has failed.
  Result<MessageId> retry(MessageId);
  Result<Done> discard(MessageId);
  /// Queued as well; the completion tells the server's answer: permission_denied, not_found, conflict (archived; the last owner). After
  /// unauthenticated it stays queued for this account's next sign-in; cancelled also: the chat was discarded.
  Handle join(ChatId, Completion<Done>);
  Handle leave(ChatId, Completion<Done>);

  // --- reading what is held; no network, no errors: empty where nothing is held
  std::vector<ChatSummary> chats_now() const;                     ///< newest activity first; all of them: chats() for a window
  /// An id, a channel's name (with or without #) or a person's name (with or without @); case does not matter (ASCII).
  /// not_found; conflict: several; closed.
  Result<ChatId> find_chat(const std::string& name) const;
  std::vector<Workspace> workspaces() const;                      ///< by name
  std::vector<User> users() const;                                ///< everyone this device knows, by name
  std::vector<User> users(WorkspaceId) const;                     ///< of those: who is in that workspace now
  std::string name_of(UserId) const;                              ///< empty while unknown
  /// Held messages of a chat by ascending seq; the list may have holes.
  std::vector<Message> held(ChatId) const;
  /// In the query language of the server's search; newest first. invalid_argument: not a query; closed.
  Result<std::vector<SearchHit>> search_local(const std::string& query, std::size_t limit = 20) const;
  /// Kept across restarts, instead of ClientOptions::hold. Where it cannot be written nothing changes, and status().last_error says why.
  void hold(ChatId, Hold);
  /// Drops held messages and forgets which ranges were held; they are fetched again when needed. Errors: as hold.
  void drop_history(ChatId);

  /// What was typed and not sent; empty: none, or it could not be read, and status().last_error says why. Durable, on this device only,
  /// whoever is signed in.
  Result<Done> save_draft(ChatId, const std::string& body);
  std::string draft(ChatId) const;

  // --- needs the network
  /// All that this account may read, the newest 20 or so first. invalid_argument: not a query.
  Handle search(std::string query, Completion<std::vector<SearchHit>>);
  /// At most `limit` (1 to 200) messages before `before_seq` (0: the newest), ascending; from the file where it holds them, else from the
  /// server. not_found: no such chat on this device.
  Handle history(ChatId, std::int64_t before_seq, std::size_t limit, Completion<std::vector<Message>>);
  /// Any method of the API by its name in the catalog, with its fields as one JSON object; answers the JSON of the resource, empty
  /// for 204. Bypasses the queue. invalid_argument: no such method, or fields that do not fit it; else the method's own errors.
  Handle call(std::string method, std::string json, Completion<std::string>);

  // --- streams: objects of the app's, read from the files at once, then kept up to date until they go or the client closes
  std::unique_ptr<ChatList> chats(std::size_t window = 100);      ///< the newest so many; see ChatList::load_more
  std::unique_ptr<Timeline> timeline(ChatId);                     ///< empty while the chat is not known
  /// See Feed. One Feed per name at a time. storage_full, unavailable, internal, corrupt: its place could not be read or written; closed.
  Result<std::unique_ptr<Feed>> feed(std::string name);
  /// Ephemeral: who writes in which chat of the open timelines. Others only; replaces the one before, empty: none. `active` is told again
  /// while they go on (every 3 s or so), and once false: 6 s after the last time, when their message is here, or with the connection.
  void on_typing(std::function<void(ChatId, UserId, bool active)>);
  /// Who is there, of the people in the open chat lists (the others of direct chats) and timelines (who wrote what is shown): at most 200,
  /// those of the timelines opened last first. Told when somebody comes into view and is there, and with every change; whom nothing is told
  /// of is offline, and with the connection everybody is told offline. Others only; replaces the one before, empty: none.
  void on_presence(std::function<void(UserId, Availability)>);
  /// Of this account, to others; online until something is set. Ephemeral and of one account, whichever of its devices said it last: said now where
  /// the client is online, and with every new connection until signing out. offline: seems not to be there.
  void set_presence(Availability);

  struct Impl;
  Impl& impl() const { return *impl_; }                           ///< the SDK's own
  explicit Client(std::unique_ptr<Impl>);                         ///< by open

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace fechatter
