// What is printed, for people and for scripts.
#pragma once
#include <string>
#include "fechatter/client.hpp"

namespace terminal {
using namespace fechatter;

/// Control characters (but tab, and newline where `lines`) become visible: no message moves the cursor or sets a title.
std::string harmless(const std::string& text, bool lines);
/// Broken UTF-8 becomes U+FFFD.
std::string repaired(const std::string& text);
std::string clock_text(Time);  ///< HH:MM of this machine's time zone
std::string time_text(Time);   ///< RFC 3339 UTC

void print_message(const Message&, const std::string& author, bool json);
void print_chat(const ChatSummary&, bool json);
const char* kind_name(ChatSummary::Kind);
const char* connection_name(Connection);

}  // namespace terminal
