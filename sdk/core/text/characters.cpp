#include "sdk/core/text/characters.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace fechatter::text {
namespace {

struct Range {
  char32_t first, last;
};

// No letters, marks or digits; unassigned code points count as letters, since most will be.
constexpr Range kNotWord[] = {
#include "sdk/core/text/not_word.inc"
};
constexpr Range kCjk[] = {
    {0x1100, 0x11FF}, {0x2E80, 0x2FDF}, {0x3005, 0x3007},   {0x3021, 0x3029},   {0x3031, 0x3035},   {0x3038, 0x303C}, {0x3041, 0x30FF},
    {0x3105, 0x318F}, {0x31A0, 0x31BF}, {0x31F0, 0x31FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA960, 0xA97F}, {0xAC00, 0xD7FF},
    {0xF900, 0xFAFF}, {0xFF01, 0xFFEE}, {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B16F}, {0x20000, 0x3FFFD},
};
constexpr Range kWithoutSpaces[] = {
    // Thai, Lao, Tibetan, Myanmar, Khmer, Tai
    {0x0E00, 0x0FFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x1950, 0x19FF}, {0x1A20, 0x1AAF}, {0xA9E0, 0xA9FF}, {0xAA60, 0xAADF},
};
constexpr Range kEmoji[] = {
    {0x2300, 0x23FF}, {0x2600, 0x27BF}, {0x2B00, 0x2BFF}, {0x1F000, 0x1F2FF}, {0x1F300, 0x1F3FA}, {0x1F400, 0x1FAFF},
};
constexpr Range kIgnored[] = {
    {0xAD, 0xAD},     {0x300, 0x36F},     {0x591, 0x5BD},     {0x5BF, 0x5BF},     {0x5C1, 0x5C2},   {0x5C4, 0x5C5},   {0x5C7, 0x5C7},
    {0x61C, 0x61C},   {0x640, 0x640},     {0x64B, 0x65F},     {0x670, 0x670},     {0x180B, 0x180F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200C, 0x200F}, {0x202A, 0x202E},   {0x2060, 0x2064},   {0x20D0, 0x20FF},   {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF},
};

template <std::size_t N> bool contains(const Range (&ranges)[N], char32_t c) noexcept {
  const auto* at = std::lower_bound(std::begin(ranges), std::end(ranges), c, [](const Range& r, char32_t x) { return r.last < x; });
  return at != std::end(ranges) && at->first <= c;
}

// Letters whose case pairs alternate: `upper` is the parity of the capital.
struct Pairs {
  char32_t first, last;
  unsigned upper;
};
constexpr Pairs kPairs[] = {
    {0x100, 0x12F, 0}, {0x132, 0x137, 0}, {0x139, 0x148, 1}, {0x14A, 0x177, 0},   {0x179, 0x17E, 1},   {0x1CD, 0x1DC, 1},
    {0x1DE, 0x1EF, 0}, {0x1F8, 0x21F, 0}, {0x222, 0x233, 0}, {0x246, 0x24F, 0},   {0x3D8, 0x3EF, 0},   {0x460, 0x481, 0},
    {0x48A, 0x4BF, 0}, {0x4C1, 0x4CE, 1}, {0x4D0, 0x52F, 0}, {0x1E00, 0x1E95, 0}, {0x1EA0, 0x1EFF, 0},
};
// Capitals whose small letters lie at one distance.
struct Shift {
  char32_t first, last;
  int by;
};
constexpr Shift kShifts[] = {
    {0xC0, 0xD6, 32},   {0xD8, 0xDE, 32},   {0x130, 0x130, 'i' - 0x130}, {0x178, 0x178, 0xFF - 0x178}, {0x386, 0x386, 38}, {0x388, 0x38A, 37},
    {0x38C, 0x38C, 64}, {0x38E, 0x38F, 63}, {0x391, 0x3A1, 32},          {0x3A3, 0x3AB, 32},           {0x3C2, 0x3C2, 1},  {0x400, 0x40F, 80},
    {0x410, 0x42F, 32}, {0x4C0, 0x4C0, 15}, {0x531, 0x556, 48},          {0xFF21, 0xFF3A, 32},
};

// The ASCII letter under the accents of U+00C0..U+024F and of U+1E00..U+1EFF, "." where there is none.
constexpr std::string_view kLatin =
    "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.yaaaaaaccccccccddddeeeeeeeeeegggg"
    "gggghhhhiiiiiiiiii..jjkk.llllllllllnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    "................................oo.............uu............................aaiioouuuuuuuuuu.aa"
    "aa....ggkkoooo..j...gg..nnaa..ooaaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............"
    "................";
constexpr std::string_view kLatinAdditional =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr"
    "ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy.s....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";
static_assert(kLatin.size() == 0x250 - 0xC0 && kLatinAdditional.size() == 256);

struct Base {
  char16_t accented, base;
};
constexpr Base kGreekAndCyrillic[] = {
    {0x390, 0x3B9}, {0x3AC, 0x3B1}, {0x3AD, 0x3B5}, {0x3AE, 0x3B7}, {0x3AF, 0x3B9}, {0x3B0, 0x3C5}, {0x3CA, 0x3B9}, {0x3CB, 0x3C5},
    {0x3CC, 0x3BF}, {0x3CD, 0x3C5}, {0x3CE, 0x3C9}, {0x439, 0x438}, {0x450, 0x435}, {0x451, 0x435}, {0x453, 0x433}, {0x457, 0x456},
    {0x45C, 0x43A}, {0x45D, 0x438}, {0x45E, 0x443}, {0x477, 0x475}, {0x4C2, 0x436}, {0x4D1, 0x430}, {0x4D3, 0x430}, {0x4D7, 0x435},
    {0x4DB, 0x4D9}, {0x4DD, 0x436}, {0x4DF, 0x437}, {0x4E3, 0x438}, {0x4E5, 0x438}, {0x4E7, 0x43E}, {0x4EB, 0x4E9}, {0x4ED, 0x44D},
    {0x4EF, 0x443}, {0x4F1, 0x443}, {0x4F3, 0x443}, {0x4F5, 0x447}, {0x4F9, 0x44B},
};

constexpr char32_t fold_ascii(char32_t c) noexcept { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

char32_t latin_base(char32_t c) noexcept {
  char base = '.';
  if (c >= 0xC0 && c < 0x250) base = kLatin[c - 0xC0];
  if (c >= 0x1E00 && c < 0x1F00) base = kLatinAdditional[c - 0x1E00];
  return base == '.' ? 0 : static_cast<char32_t>(base);
}

}  // namespace

char32_t fold(char32_t c) noexcept {
  if (c < 0x80) return fold_ascii(c);
  if (c > 0x1EFF && (c < 0xFF21 || c > 0xFF3A)) return c;  // behind the tables: most of the world's writing
  for (const Shift& s : kShifts)
    if (c >= s.first && c <= s.last && c != 0xD7) return static_cast<char32_t>(static_cast<int>(c) + s.by);
  for (const Pairs& p : kPairs)
    if (c >= p.first && c <= p.last) return c % 2 == p.upper ? c + 1 : c;
  return c;
}

char32_t fold_search(char32_t c) noexcept {
  if (c < 0x80) return fold_ascii(c);
  if (c >= 0xFF01 && c <= 0xFF5E) return fold_ascii(c - 0xFF01 + '!');
  if (const char32_t base = latin_base(c)) return base;
  const char32_t folded = fold(c);
  const auto* at =
      std::lower_bound(std::begin(kGreekAndCyrillic), std::end(kGreekAndCyrillic), folded, [](const Base& b, char32_t x) { return b.accented < x; });
  return at != std::end(kGreekAndCyrillic) && at->accented == folded ? at->base : folded;
}

bool is_cjk(char32_t c) noexcept { return c >= 0x1100 && contains(kCjk, c); }
bool is_emoji(char32_t c) noexcept { return c >= 0x2300 && contains(kEmoji, c); }
bool is_ignored(char32_t c) noexcept { return c >= 0x80 && contains(kIgnored, c); }

bool is_word(char32_t c) noexcept {
  if (c < 0x80) return (c >= '0' && c <= '9') || (fold_ascii(c) >= 'a' && fold_ascii(c) <= 'z');
  return c <= 0x10FFFF && !contains(kNotWord, c);
}

bool is_solitary(char32_t c) noexcept { return c >= 0xE00 && (is_emoji(c) || (is_word(c) && (is_cjk(c) || contains(kWithoutSpaces, c)))); }

}  // namespace fechatter::text
