// What a line that begins with a slash does.
#include <curses.h>
#include <map>
#include <sstream>
#include "../text.hpp"
#include "screen.hpp"

namespace terminal {

void Screen::command(const std::string& line) {
  static const std::map<std::string, bool (Screen::*)(const std::string&)> verbs{
      {"quit", &Screen::quit},   {"q", &Screen::quit},        {"go", &Screen::go},       {"join", &Screen::go},
      {"leave", &Screen::leave}, {"new", &Screen::make},      {"edit", &Screen::edit},   {"rm", &Screen::remove},
      {"react", &Screen::react}, {"search", &Screen::search}, {"retry", &Screen::retry}, {"discard", &Screen::discard},
  };
  std::istringstream in(line.substr(1));
  std::string verb, rest;
  in >> verb;
  std::getline(in >> std::ws, rest, '\0');
  note("");
  const auto it = verbs.find(verb);
  if (it == verbs.end())
    return note("/" + verb +
                " is no command (to send the line, begin it with //): /join CHAT, /leave, /new NAME, /edit TEXT, /rm, /react EMOJI, /search QUERY, "
                "/retry, /discard, /quit");
  input_.clear();
  if (timeline_) forget_draft();
  if (!(this->*it->second)(rest)) input_ = line;
}

bool Screen::quit(const std::string&) { return quit_ = true; }
bool Screen::go(const std::string& name) {
  const auto chat = app_.chat(name);
  if (chat) return show(*chat), true;
  return note("no such chat; to browse, see: fechatter join"), false;
}
bool Screen::leave(const std::string&) {
  leaving_ = app_.client().leave(open_, [this](Result<Done> r) { told(r); });
  return true;
}
bool Screen::make(const std::string& name) {
  const auto chat = app_.client().create_chat({{}, ChatSummary::Kind::public_channel, repaired(name), {}, {}});
  if (chat) show(*chat);
  return told(chat);
}

const TimelineItem* Screen::last_own() const {
  const auto me = app_.client().me();
  if (!me || !timeline_) return nullptr;
  for (auto it = timeline_->items().rbegin(); it != timeline_->items().rend(); ++it)
    if (it->message.author_id == me->id && !it->message.deleted) return &*it;
  return nullptr;
}
bool Screen::edit(const std::string& text) {
  const TimelineItem* own = last_own();
  return own ? told(app_.client().edit(own->message.id, repaired(text))) : (note("no message of yours is shown here"), false);
}
bool Screen::remove(const std::string&) {
  const TimelineItem* own = last_own();
  return own ? told(app_.client().remove(own->message.id)) : (note("no message of yours is shown here"), false);
}
bool Screen::react(const std::string& emoji) {
  if (!timeline_ || timeline_->items().empty()) return note("no message is shown here"), false;
  return told(app_.client().react(timeline_->items().back().message.id, repaired(emoji)));
}

bool Screen::search(const std::string& query) {
  const auto hits = app_.client().search_local(query, 20);
  if (!hits) return told(hits);
  if (hits->empty()) return note("nothing found"), false;
  const MessageId newest = hits->front().message.id;
  const std::string found = std::to_string(hits->size()) + " found, the newest is shown";
  show(hits->front().message.chat_id);
  found_ = timeline_->load_around(newest, [this, newest, found](Result<Done> r) {
    if (!told(r)) return;
    note(found);
    scroll_ = -LINES / 2, place_ = Place{newest, 0};  // in the middle
  });
  return true;
}

// What waits stands behind the first that was refused; where the chat itself was, behind that. Both are shown at the newest messages only.
MessageId Screen::first_failed() {
  to_newest();
  (void)timeline_->drain();
  for (const TimelineItem& item : timeline_->items())
    if (item.state == TimelineItem::State::failed) return item.message.id;
  return id_cast<MessageId>(open_);
}
bool Screen::retry(const std::string&) { return timeline_ ? told(app_.client().retry(first_failed())) : (note("no chat is open"), false); }
bool Screen::discard(const std::string&) { return timeline_ ? told(app_.client().discard(first_failed())) : (note("no chat is open"), false); }

}  // namespace terminal
