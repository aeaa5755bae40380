#include "text.hpp"
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace terminal {
using nlohmann::json;

namespace {
// How many bytes the sequence at `at` has; 0: broken.
std::size_t sequence(const std::string& s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && byte(at + 1) < 0xa0) || (lead == 0xed && byte(at + 1) > 0x9f) || (lead == 0xf0 && byte(at + 1) < 0x90) ||
      (lead == 0xf4 && byte(at + 1) > 0x8f))
    return 0;
  return n;
}
// Controls, separators of lines and paragraphs, and what embeds, overrides or isolates a direction. The marks (U+200E, U+200F, U+061C) do no more
// than a letter does, and Hebrew and Arabic texts need them.
bool moves(unsigned c) { return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f); }

template <class F> std::string without_moves(const std::string& text, F instead) {
  std::string out;
  for (std::size_t i = 0, n = 0; i < text.size(); i += n) {
    const Character c = character_at(text, i);
    n = c.bytes;
    if (moves(c.code)) out += instead(c.code);
    else if (c.broken) out += "\xef\xbf\xbd";
    else out.append(text, i, n);
  }
  return out;
}
void line(const json& j) {
  std::printf("%s\n", json_line(j).c_str());
  std::fflush(stdout);
}
}  // namespace

Character character_at(const std::string& s, std::size_t at) {
  const std::size_t n = sequence(s, at);
  if (n == 0) return {1, 0xfffd, true};
  unsigned code = static_cast<unsigned char>(s[at]);
  if (n > 1) code &= 0x7fu >> n;
  for (std::size_t i = 1; i < n; ++i) code = code << 6 | (static_cast<unsigned char>(s[at + i]) & 0x3fu);
  return {n, code, false};
}

std::string repaired(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = sequence(text, i);
    if (n == 0) out += "\xef\xbf\xbd";
    else if (text[i] != '\0') out.append(text, i, n);
    i += n ? n : 1;
  }
  return out;
}

std::string harmless(const std::string& text) {
  return without_moves(text, [](unsigned c) { return c == '\n' || c == '\t' ? std::string(1, static_cast<char>(c)) : "?"; });
}
std::string indented(const std::string& text) {
  return without_moves(text, [](unsigned c) { return c == '\n' ? "\n      " : c == '\t' ? "\t" : "?"; });
}
std::string one_line(const std::string& text) {
  return without_moves(text, [](unsigned) { return "?"; });
}
void complain(const std::string& text) { std::fprintf(stderr, "fechatter: %s\n", one_line(text).c_str()); }

std::string json_line(const json& j) {
  return without_moves(j.dump(-1, ' ', false, json::error_handler_t::replace), [](unsigned c) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", c & 0xffff);
    return std::string(text);
  });
}

std::string clock_text(Time t) {
  const std::time_t s = static_cast<std::time_t>(t.ms / 1000);
  std::tm local{};
  ::localtime_r(&s, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M", &local);
  return text;
}
std::string time_text(Time t) {
  const std::int64_t ms = ((t.ms % 1000) + 1000) % 1000;  // also before 1970
  const std::time_t s = static_cast<std::time_t>((t.ms - ms) / 1000);
  std::tm utc{};
  ::gmtime_r(&s, &utc);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(ms));
  return text;
}

const char* kind_name(ChatSummary::Kind kind) {
  static constexpr const char* names[] = {"direct", "group", "private_channel", "public_channel"};
  return names[static_cast<int>(kind)];
}
const char* connection_name(Connection c) {
  static constexpr const char* names[] = {"signed_out", "offline", "connecting", "catching_up", "live"};
  return names[static_cast<int>(c)];
}

std::string message_text(const Message& m, const std::string& author) {
  const std::string who = author.empty() ? m.author_id.str().substr(0, 8) : author;
  std::string text = clock_text(m.created_at) + ' ' + one_line(who) + ": " + (m.deleted ? "(deleted)" : indented(m.body));
  if (m.edited_at && !m.deleted) text += " (edited)";
  for (const Reaction& r : m.reactions) text += "  [" + one_line(r.emoji) + ' ' + std::to_string(r.count) + ']';
  return text;
}
std::string chat_text(const ChatSummary& c) {
  const bool channel = c.kind == ChatSummary::Kind::public_channel || c.kind == ChatSummary::Kind::private_channel;
  std::string text = (channel ? "#" : "") + one_line(c.name);
  if (c.unread > 0) text += "  " + std::to_string(c.unread) + " unread";
  if (c.mentions > 0) text += ", " + std::to_string(c.mentions) + " for you";
  if (c.pending > 0) text += "  " + std::to_string(c.pending) + " not sent yet";
  return text;
}

namespace {
json message_json(const Message& m, const std::string& author) {
  json j{{"id", m.id.str()},
         {"chat_id", m.chat_id.str()},
         {"seq", m.seq},
         {"rev", m.rev},
         {"author_id", m.author_id.str()},
         {"body", m.body},
         {"created_at", time_text(m.created_at)},
         {"deleted", m.deleted},
         {"author_name", author}};
  if (m.reply_to) j["reply_to"] = m.reply_to->str();
  if (m.edited_at) j["edited_at"] = time_text(*m.edited_at);
  j["reactions"] = json::array(), j["mentions"] = json::array();
  for (const Reaction& r : m.reactions) j["reactions"].push_back({{"emoji", r.emoji}, {"count", r.count}, {"mine", r.mine}});
  for (const UserId& u : m.mentions) j["mentions"].push_back(u.str());
  return j;
}
}  // namespace

void print_message(const Message& m, const std::string& author, bool as_json) {
  if (as_json) return line(message_json(m, author));
  std::printf("%s\n", message_text(m, author).c_str());
  std::fflush(stdout);
}
void print_hit(const SearchHit& hit, const std::string& author, bool as_json) {
  if (!as_json) return print_message(hit.message, author, false);
  json j = message_json(hit.message, author);
  j["highlights"] = json::array();
  for (const SearchHit::Span& s : hit.highlights) j["highlights"].push_back({{"begin", s.begin}, {"end", s.end}});
  line(j);
}

void print_chat(const ChatSummary& c, const json& more) {
  json j{{"id", c.id.str()},          {"workspace_id", c.workspace_id.str()},
         {"kind", kind_name(c.kind)}, {"name", c.name},
         {"topic", c.topic},          {"head_seq", c.head_seq},
         {"read_seq", c.read_seq},    {"unread", c.unread},
         {"mentions", c.mentions},    {"member_count", c.member_count},
         {"archived", c.archived},    {"last_at", time_text(c.last_at)},
         {"pending", c.pending}};
  j.update(more);
  line(j);
}

}  // namespace terminal
