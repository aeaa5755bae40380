#include "sdk/protocol/coverage.hpp"
#include <algorithm>

namespace fechatter {

Coverage::Coverage(std::vector<HeldRange> ranges) : ranges_(std::move(ranges)) { normalise(); }

void Coverage::normalise() {
  std::sort(ranges_.begin(), ranges_.end(), [](const HeldRange& a, const HeldRange& b) { return a.lo < b.lo; });
  std::vector<HeldRange> out;
  for (const HeldRange& r : ranges_) {
    if (r.lo > r.hi) continue;
    if (!out.empty() && out.back().stale_rev == r.stale_rev && out.back().hi + 1 >= r.lo) out.back().hi = std::max(out.back().hi, r.hi);
    else out.push_back(r);
  }
  ranges_ = std::move(out);
}

const HeldRange* Coverage::at(std::int64_t seq) const {
  for (const HeldRange& r : ranges_)
    if (r.lo <= seq && seq <= r.hi) return &r;
  return nullptr;
}

bool Coverage::fresh_at(std::int64_t seq) const {
  const HeldRange* r = at(seq);
  return r && r->fresh();
}

void Coverage::add(std::int64_t lo, std::int64_t hi) {
  if (lo > hi) return;
  std::vector<HeldRange> out{{lo, hi, 0}};
  for (const HeldRange& r : ranges_) {  // what is outside of the page stays as it was
    out.push_back({r.lo, std::min(r.hi, lo - 1), r.stale_rev});
    out.push_back({std::max(r.lo, hi + 1), r.hi, r.stale_rev});
  }
  ranges_ = std::move(out);
  normalise();
}

void Coverage::refresh(std::int64_t lo, std::int64_t hi, std::int64_t since) {
  if (lo > hi) return;
  std::vector<HeldRange> out;
  for (const HeldRange& r : ranges_) {
    out.push_back({r.lo, std::min(r.hi, lo - 1), r.stale_rev});
    out.push_back({std::max(r.lo, lo), std::min(r.hi, hi), r.stale_rev < since ? r.stale_rev : 0});
    out.push_back({std::max(r.lo, hi + 1), r.hi, r.stale_rev});
  }
  ranges_ = std::move(out);
  normalise();
}

void Coverage::drop_below(std::int64_t seq) {
  for (HeldRange& r : ranges_) r.lo = std::max(r.lo, seq);
  normalise();
}

void Coverage::post(std::int64_t seq) {
  if (at(seq)) return;
  ranges_.push_back({seq, seq, 0});
  normalise();
}

void Coverage::mark_stale(std::int64_t rev) {
  for (HeldRange& r : ranges_) r.stale_rev = r.fresh() ? std::max<std::int64_t>(rev, 1) : std::min(r.stale_rev, rev);
  normalise();
}

std::int64_t Coverage::run_start(std::int64_t seq) const {
  std::int64_t start = seq + 1;
  for (auto r = ranges_.rbegin(); r != ranges_.rend(); ++r)
    if (r->lo < start && r->hi >= start - 1) start = r->lo;
  return start;
}

std::int64_t Coverage::fresh_run_end(std::int64_t seq) const {
  const HeldRange* r = at(seq);
  return r && r->fresh() ? r->hi : seq - 1;
}

std::optional<HeldRange> Coverage::hole(std::int64_t from, std::int64_t to) const {
  while (to >= from) {
    const HeldRange* r = at(to);
    if (!r) break;
    to = r->lo - 1;
  }
  if (to < from) return std::nullopt;
  std::int64_t lo = from;
  for (const HeldRange& r : ranges_)
    if (r.hi < to) lo = std::max(lo, r.hi + 1);
  return HeldRange{lo, to, 0};
}

const HeldRange* Coverage::stale() const {
  for (auto r = ranges_.rbegin(); r != ranges_.rend(); ++r)
    if (!r->fresh()) return &*r;
  return nullptr;
}

}  // namespace fechatter
