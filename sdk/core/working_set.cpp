#include "sdk/core/working_set.hpp"

namespace fechatter {
namespace {
std::int64_t rev_of(const Field& field, const void* row) { return *reinterpret_cast<const std::int64_t*>(static_cast<const char*>(row) + field.offset); }
// Later than: a relative position of the open batch (negative) stands behind every stored one.
bool later(std::int64_t a, std::int64_t b) { return (a < 0) != (b < 0) ? a < 0 : a < 0 ? a < b : a > b; }

// What the store will do with `max` and `fixed` columns, done already here, so that the batch reads what it wrote.
void meet(const Type& type, void* fresh, const void* held) {
  for (const Field& f : type.fields) {
    char* to = static_cast<char*>(fresh) + f.offset;
    const char* from = static_cast<const char*>(held) + f.offset;
    const bool number = f.type->size == 8 && (f.type->kind == Kind::integer || f.type->kind == Kind::position);
    if (f.rules.merge != Merge::max || !number) continue;
    auto& value = *reinterpret_cast<std::int64_t*>(to);
    const auto old = *reinterpret_cast<const std::int64_t*>(from);
    if (f.type->kind == Kind::position ? later(old, value) : old > value) value = old;
  }
}
}  // namespace

void WorkingSet::load(const Keys& keys) {
  for (const auto& [type, wanted] : keys) {
    auto& table = tables_[type];
    for (const RowKey& key : wanted)
      if (auto [it, fresh] = table.try_emplace(key); fresh || !it->second.loaded)
        if (!it->second.row) it->second = {source_.load(*type, key), true, false};
  }
}

WorkingSet::Slot& WorkingSet::slot(const Type& type, const RowKey& key) {
  auto& table = tables_[&type];
  if (auto it = table.find(key); it != table.end()) return it->second;
  ++late_;
  return table[key] = {source_.load(type, key), true, false};
}

void* WorkingSet::editable(const Type& type, const RowKey& key, std::int64_t rev) {
  Slot& s = slot(type, key);
  if (!s.row) return nullptr;
  if (const Field* guard = type.rev_field(); guard && rev > 0 && rev_of(*guard, s.row.get()) >= rev) return nullptr;
  s.dirty = true;
  return s.row.get();
}

void WorkingSet::put_row(const Type& type, std::shared_ptr<void> row) {
  const RowKey key = row_key(type, row.get());
  auto& table = tables_[&type];
  auto it = table.find(key);
  if (it == table.end() && wants_) it = table.emplace(key, Slot{source_.load(type, key), true, false}).first;
  if (it != table.end() && it->second.row) {
    const Field* guard = type.rev_field();
    if (guard && rev_of(*guard, it->second.row.get()) >= rev_of(*guard, row.get())) return;
    meet(type, row.get(), it->second.row.get());
  } else if (wants_ && !wants_(type, row.get())) {
    return;
  }
  table[key] = {std::move(row), true, true};
}

RowChanges WorkingSet::changes() const {
  RowChanges out;
  for (const auto& [type, rows] : tables_)
    for (const auto& [key, s] : rows)
      if (s.dirty) out[type].push_back(s.row);
  return out;
}

std::size_t WorkingSet::size() const {
  std::size_t n = 0;
  for (const auto& table : tables_) n += table.second.size();
  return n;
}

}  // namespace fechatter
