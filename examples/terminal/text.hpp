// What is printed, for people and for scripts.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include "fechatter/client.hpp"

namespace terminal {
using namespace fechatter;

/// A code point and how many bytes it takes; of a broken sequence the first byte, as U+FFFD.
struct Character {
  std::size_t bytes = 1;
  unsigned code = 0;
  bool broken = false;
};
Character character_at(const std::string& text, std::size_t at);  ///< precondition: at < text.size()
/// What somebody wrote: control characters but tab and newline, what turns the direction of writing, and separators of lines and paragraphs become
/// a question mark. So no text moves the cursor, sets a title or is read in another order than it is stored. Broken UTF-8 becomes U+FFFD.
std::string harmless(const std::string& text);
/// The same, its further lines indented: none of them looks like a message of its own.
std::string indented(const std::string& text);
/// The same as one line, for whatever has one: names, topics, reactions, files, errors. Tab and newline are question marks, too.
std::string one_line(const std::string& text);
/// A line on standard error, after the program's name.
void complain(const std::string& text);
/// Broken UTF-8 becomes U+FFFD.
std::string repaired(const std::string& text);
std::string clock_text(Time);  ///< HH:MM of this machine's time zone
std::string time_text(Time);   ///< RFC 3339 UTC

/// As people read them.
std::string message_text(const Message&, const std::string& author);
std::string chat_text(const ChatSummary&);
/// One line of JSON, in which what harmless() replaces is escaped.
std::string json_line(const nlohmann::json&);
void print_message(const Message&, const std::string& author, bool json);
void print_hit(const SearchHit&, const std::string& author, bool json);
/// As JSON, with the fields of the object `more`.
void print_chat(const ChatSummary&, const nlohmann::json& more);
const char* kind_name(ChatSummary::Kind);
const char* connection_name(Connection);

}  // namespace terminal
