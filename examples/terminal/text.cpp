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
void line(const json& j) {
  const std::string text = j.dump(-1, ' ', false, json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}
}  // namespace

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

std::string harmless(const std::string& text, bool lines) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c == '\n' && !lines) out += "\n      ";
    else if (c1) out += '?', ++i;
    else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) out += '?';
    else out += text[i];
  }
  return out;
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

void print_message(const Message& m, const std::string& author, bool as_json) {
  if (as_json) {
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
    return line(j);
  }
  const std::string who = author.empty() ? m.author_id.str().substr(0, 8) : author;
  std::string text = m.deleted ? "(deleted)" : harmless(m.body, false);
  if (m.edited_at && !m.deleted) text += " (edited)";
  for (const Reaction& r : m.reactions) text += "  [" + harmless(r.emoji, true) + ' ' + std::to_string(r.count) + ']';
  std::printf("%s %s: %s\n", clock_text(m.created_at).c_str(), harmless(who, true).c_str(), text.c_str());
  std::fflush(stdout);
}

void print_chat(const ChatSummary& c, bool as_json) {
  if (as_json) {
    json j{{"id", c.id.str()},          {"workspace_id", c.workspace_id.str()},
           {"kind", kind_name(c.kind)}, {"name", c.name},
           {"topic", c.topic},          {"head_seq", c.head_seq},
           {"read_seq", c.read_seq},    {"unread", c.unread},
           {"mentions", c.mentions},    {"member_count", c.member_count},
           {"archived", c.archived},    {"last_at", time_text(c.last_at)},
           {"pending", c.pending}};
    return line(j);
  }
  const bool channel = c.kind == ChatSummary::Kind::public_channel || c.kind == ChatSummary::Kind::private_channel;
  std::string marks = c.unread > 0 ? "  " + std::to_string(c.unread) + " unread" : "";
  if (c.mentions > 0) marks += ", " + std::to_string(c.mentions) + " for you";
  if (c.pending > 0) marks += "  " + std::to_string(c.pending) + " not sent yet";
  std::printf("%s%s%s\n", channel ? "#" : "", harmless(c.name, true).c_str(), marks.c_str());
}

}  // namespace terminal
