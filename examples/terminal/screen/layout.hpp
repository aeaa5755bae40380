// How wide texts are on a screen of character cells, and where their lines end.
#pragma once
#include <string>
#include <vector>

namespace terminal {

/// Columns that a text without line breaks takes, by the C library's tables of the present locale.
int columns(const std::string& text);
/// How many bytes from the start fit `width` columns; no character is cut.
std::size_t fitting(const std::string& text, int width);
/// The end of a text: as much as fits `width` columns.
std::string ending(const std::string& text, int width);
/// The lines of a text, harmless() applied. Further ones are indented, where there is room: none of them looks like a message of its own. A character
/// that is wider than the screen has a line to itself.
std::vector<std::string> wrapped(const std::string& text, int width);

}  // namespace terminal
