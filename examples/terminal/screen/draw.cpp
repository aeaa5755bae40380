#include <curses.h>
#include <algorithm>
#include "../text.hpp"
#include "layout.hpp"
#include "screen.hpp"

namespace terminal {
namespace {
constexpr std::size_t kStateLines = 3;

std::string filled(const std::string& text, int width) {
  const std::string cut = text.substr(0, fitting(text, width));
  return cut + std::string(static_cast<std::size_t>(std::max(0, width - columns(cut))), ' ');
}
std::string line_breaks_shown(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "↵" : std::string(1, c);
  return out;
}
std::string item_text(const TimelineItem& item) {
  static constexpr const char* marks[] = {"", " …", " (waits)", " (not sent)"};
  const Message& m = item.message;
  std::string text = clock_text(m.created_at) + ' ' + (item.author.empty() ? "?" : one_line(item.author)) + ": " + (m.deleted ? "(deleted)" : m.body);
  if (m.edited_at && !m.deleted) text += " (edited)";
  for (const Reaction& r : m.reactions) text += "  " + one_line(r.emoji) + ' ' + std::to_string(r.count);
  text += marks[static_cast<int>(item.state)];
  if (item.state == TimelineItem::State::failed) text += ": " + one_line(item.error.message);
  return text;
}
}  // namespace

void Screen::draw() {
  ::erase();
  const auto lines = state();
  const int side = std::min(28, COLS / 3), bottom = std::max(1, LINES - 1 - static_cast<int>(lines.size()));
  draw_chats(side, bottom);
  if (timeline_) draw_messages(side + 2, COLS - side - 3, bottom);
  draw_state(lines, bottom);
  mvaddstr(LINES - 1, 0, ending("> " + one_line(line_breaks_shown(input_)), COLS - 2).c_str());
  ::refresh();
}

void Screen::draw_chats(int side, int bottom) const {
  int row = 0;
  const auto& chats = list_->items();
  const auto open = std::find_if(chats.begin(), chats.end(), [&](const ChatSummary& c) { return c.id == open_; }) - chats.begin();
  const auto first = open < bottom || open == static_cast<std::ptrdiff_t>(chats.size()) ? 0 : open - bottom + 1;  // the open chat stays in sight
  for (auto at = chats.begin() + first; at != chats.end() && row < bottom; ++at) {
    const ChatSummary& c = *at;
    const bool channel = c.kind == ChatSummary::Kind::public_channel || c.kind == ChatSummary::Kind::private_channel;
    std::string text = (c.mentions > 0 ? "@ " : c.unread > 0 ? "* " : "  ") + std::string(channel ? "#" : "") + one_line(c.name);
    if (c.unread > 0) text += " (" + std::to_string(c.unread) + ")";
    if (c.id == open_) attron(A_REVERSE);
    if (c.unread > 0) attron(A_BOLD);
    mvaddstr(row++, 0, text.substr(0, fitting(text, side)).c_str());
    attroff(A_REVERSE | A_BOLD);
  }
  for (int y = 0; y < bottom; ++y) mvaddch(y, side, ACS_VLINE);
}

std::vector<Screen::Line> Screen::lines_of(int width) const {
  std::vector<Line> lines;
  std::string day;
  for (const TimelineItem& item : timeline_->items()) {
    const MessageId id = item.message.id;
    if (item.gap_before) lines.push_back({"··· older messages are not loaded (PgUp) ···", A_DIM, id});
    if (const std::string today = time_text(item.message.created_at).substr(0, 10); today != day) lines.push_back({"── " + (day = today) + " ──", A_DIM, id});
    const int look = item.state == TimelineItem::State::failed ? A_BOLD : item.state == TimelineItem::State::sent ? A_NORMAL : A_DIM;
    for (auto& part : wrapped(item_text(item), width)) lines.push_back({std::move(part), look, id});
  }
  if (timeline_->newer() == Timeline::Edge::more) lines.push_back({"··· there are newer messages (PgDn, Enter) ···", A_DIM, {}});
  return lines;
}

// Whoever has left the newest message goes on reading the same lines, whatever comes or goes below them. Answers where the view ends.
int Screen::hold_place(const std::vector<Line>& lines, int bottom) {
  const int all = static_cast<int>(lines.size());
  const auto below = [&](MessageId id) {
    const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& l) { return l.of == id; });
    return last == lines.rend() ? -1 : static_cast<int>(last - lines.rbegin());
  };
  if (place_)
    if (const int now = below(place_->last); now >= 0) scroll_ += now - place_->below;
  scroll_ = std::clamp(scroll_, 0, std::max(0, all - bottom));
  place_.reset();
  auto last = lines.rbegin() + scroll_;
  while (last != lines.rend() && !last->of) ++last;
  if (last != lines.rend() && (scroll_ > 0 || timeline_->newer() != Timeline::Edge::end)) place_ = Place{last->of, below(last->of)};
  return all - scroll_;
}

void Screen::draw_messages(int x, int width, int bottom) {
  const auto lines = lines_of(width);
  const int end = hold_place(lines, bottom), begin = std::max(0, end - bottom);
  for (int i = begin; i < end; ++i) {
    const Line& line = lines[static_cast<std::size_t>(i)];
    attron(line.look);
    mvaddstr(i - begin, x, line.text.substr(0, fitting(line.text, width)).c_str());
    attroff(A_BOLD | A_DIM);
  }
}

std::vector<std::string> Screen::state() const {
  static constexpr const char* states[] = {"signed out", "offline: what you write is kept and sent later", "connecting", "catching up", "live"};
  const ClientStatus s = app_.client().status();
  std::string text = std::string(" ") + states[static_cast<int>(s.connection)];
  if (s.pending > 0) text += ", " + std::to_string(s.pending) + " not sent yet";
  if (s.failed > 0) text += ", " + std::to_string(s.failed) + " refused (/retry, /discard)";
  if (!typing_.empty()) text += "   " + one_line(*typing_.begin()) + (typing_.size() > 1 ? " and others write" : " writes") + " …";
  if (!note_.empty()) text += "   " + one_line(note_);
  auto lines = wrapped(text, COLS);
  lines.resize(std::min(lines.size(), kStateLines));
  return lines;
}

void Screen::draw_state(const std::vector<std::string>& lines, int row) const {
  attron(A_REVERSE);
  for (const std::string& line : lines) mvaddstr(row++, 0, filled(line, COLS).c_str());
  attroff(A_REVERSE);
}

}  // namespace terminal
