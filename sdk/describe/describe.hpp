// Describing a struct: FECHATTER_RECORD(Type, "wire_name", FECHATTER_FIELD(member, .rule = …), …) at global namespace scope.
#pragma once
#include <optional>
#include <type_traits>
#include <vector>
#include "fechatter/ids.hpp"
#include "sdk/describe/type.hpp"

namespace fechatter {

template <class T> struct Describe;
template <class T> constexpr Type make_type();
template <class T> inline constexpr Type type_of = make_type<T>();

namespace detail {
template <class T> struct IsId : std::false_type {};
template <class G> struct IsId<Id<G>> : std::true_type {};

template <class T> struct Items;
template <class U> struct Items<std::vector<U>> {
  using V = std::vector<U>;
  static void* add(void* p) { return &static_cast<V*>(p)->emplace_back(); }
  static void clear(void* p) { static_cast<V*>(p)->clear(); }
  static const void* at(const void* p, std::size_t i) {
    const auto& v = *static_cast<const V*>(p);
    return i < v.size() ? &v[i] : nullptr;
  }
  static constexpr Kind kind = Kind::list;
  using Item = U;
};
template <class U> struct Items<std::optional<U>> {
  using V = std::optional<U>;
  static void* add(void* p) { return &static_cast<V*>(p)->emplace(); }
  static void clear(void* p) { static_cast<V*>(p)->reset(); }
  static const void* at(const void* p, std::size_t i) {
    const auto& v = *static_cast<const V*>(p);
    return i == 0 && v ? &*v : nullptr;
  }
  static constexpr Kind kind = Kind::maybe;
  using Item = U;
};
template <class T> std::shared_ptr<void> make() { return std::make_shared<T>(); }
template <class T> std::shared_ptr<void> clone(const void* p) { return std::make_shared<T>(*static_cast<const T*>(p)); }
}  // namespace detail

template <class T> constexpr Type make_type() {
  Type t{Kind::boolean, sizeof(T), alignof(T)};
  if constexpr (std::is_same_v<T, bool>) {
    t.kind = Kind::boolean;
  } else if constexpr (std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>) {
    t.kind = Kind::integer;
  } else if constexpr (std::is_same_v<T, std::string>) {
    t.kind = Kind::text;
  } else if constexpr (std::is_same_v<T, Time>) {
    t.kind = Kind::time;
  } else if constexpr (std::is_same_v<T, Position>) {
    t.kind = Kind::position;
  } else if constexpr (std::is_same_v<T, Json>) {
    t.kind = Kind::json;
  } else if constexpr (detail::IsId<T>::value) {
    t.kind = Kind::id;
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1);
    t.kind = Kind::choice, t.name = Describe<T>::name, t.choices = Describe<T>::choices;
  } else if constexpr (requires { Describe<T>::fields; }) {
    t.kind = Kind::record, t.name = Describe<T>::name, t.fields = Describe<T>::fields;
    t.make = detail::make<T>, t.clone = detail::clone<T>;
  } else {
    using I = detail::Items<T>;
    t.kind = I::kind, t.item = &type_of<typename I::Item>, t.add = I::add, t.clear = I::clear, t.at = I::at;
  }
  return t;
}

/// Every member is listed, in order: a forgotten one leaves a hole that alignment does not explain.
constexpr bool complete(std::span<const Field> fields, std::size_t size, std::size_t align) {
  if (fields.empty()) return size == 1;
  const auto up = [](std::size_t n, std::size_t a) { return (n + a - 1) / a * a; };
  std::size_t end = 0;
  for (const Field& f : fields) {
    if (f.offset != up(end, f.type->align)) return false;
    end = f.offset + f.type->size;
  }
  return up(end, align) == size;
}

namespace detail {
// A table may be empty; an array may not.
template <std::size_t N> struct Table {
  Field items[N];
  constexpr operator std::span<const Field>() const { return {items, N}; }
};
template <> struct Table<0> {
  constexpr operator std::span<const Field>() const { return {}; }
};
template <class... F> Table(F...) -> Table<sizeof...(F)>;
}  // namespace detail

}  // namespace fechatter

// A macro because only the preprocessor knows a member's name, and offsetof of a described struct is what the tables are made of.
#define FECHATTER_FIELD(member, ...)                                                                             \
  ::fechatter::Field {                                                                                           \
    #member, &::fechatter::type_of<decltype(T::member)>, offsetof(T, member), ::fechatter::Rules { __VA_ARGS__ } \
  }
#define FECHATTER_RECORD(type_, wire, ...)                                 \
  template <> struct fechatter::Describe<type_> {                          \
    using T = type_;                                                       \
    static constexpr std::string_view name = wire;                         \
    static constexpr auto table = ::fechatter::detail::Table{__VA_ARGS__}; \
    static constexpr std::span<const ::fechatter::Field> fields = table;   \
    static_assert(::fechatter::complete(fields, sizeof(T), alignof(T)));   \
  }
#define FECHATTER_CHOICE(type_, ...)                             \
  template <> struct fechatter::Describe<type_> {                \
    static constexpr std::string_view name = #type_;             \
    static constexpr std::string_view choices[] = {__VA_ARGS__}; \
  }
