// What single characters are: letters, CJK, emoji, and their folded forms. Tables of Unicode 14, without a library.
#pragma once

namespace fechatter::text {

/// Lower case for ASCII, Latin (Latin-1, Extended-A and B, Additional), Greek, Cyrillic, Armenian and fullwidth letters; anything
/// else is returned as it is. One code point in, one out, so "ß" stays.
char32_t fold(char32_t c) noexcept;

/// fold(), and without accents: "É" and "ё" become "e" and "е", fullwidth "Ａ" becomes "a". What search compares.
char32_t fold_search(char32_t c) noexcept;

/// Han, Bopomofo, Hiragana, Katakana, Hangul, and the fullwidth and halfwidth forms.
bool is_cjk(char32_t c) noexcept;

/// Pictographs that stand for themselves; not their modifiers.
bool is_emoji(char32_t c) noexcept;

/// A letter, a mark or a digit of any script. "_" is none.
bool is_word(char32_t c) noexcept;

/// A character that is a token by itself: CJK, emoji, and the scripts of South-East Asia that put no spaces between words.
bool is_solitary(char32_t c) noexcept;

/// Changes how its neighbour looks, not what it says: combining accents, joiners, variation selectors, skin tones, soft hyphens.
bool is_ignored(char32_t c) noexcept;

constexpr bool is_space(char32_t c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
      c == 0x205F || c == 0x3000;
}

}  // namespace fechatter::text
