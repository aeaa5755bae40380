// Which ranges of a history are held: the arithmetic of ranges against a plain array of seqs.
#include "sdk/protocol/coverage.hpp"
#include <algorithm>
#include <array>
#include "tests/fuzz/engine/fuzz.hpp"

using namespace fechatter;

namespace {
constexpr std::int64_t kSeqs = 24;
struct Model {
  std::array<std::int64_t, kSeqs + 2> stale{};  // -1: not held, 0: fresh
  Model() { stale.fill(-1); }
};
void check_ranges(const Coverage& c) {
  const HeldRange* before = nullptr;
  for (const HeldRange& r : c.ranges()) {
    HOLDS(r.lo <= r.hi && r.stale_rev >= 0);
    if (before) HOLDS(before->hi < r.lo && (before->hi + 1 < r.lo || before->stale_rev != r.stale_rev));
    before = &r;
  }
}
void check_places(const Coverage& c, const Model& m) {
  bool any_stale = false;
  for (std::int64_t s = 0; s <= kSeqs; ++s) {
    const std::int64_t want = m.stale[static_cast<std::size_t>(s)];
    const HeldRange* r = c.at(s);
    HOLDS((r == nullptr) == (want < 0));
    if (r) HOLDS(r->stale_rev == want);
    HOLDS(c.fresh_at(s) == (want == 0));
    any_stale |= want > 0;
    std::int64_t start = s + 1, end = s - 1;
    while (start > 0 && m.stale[static_cast<std::size_t>(start - 1)] >= 0) --start;
    while (end + 1 <= kSeqs && m.stale[static_cast<std::size_t>(end + 1)] == 0) ++end;
    HOLDS(c.run_start(s) == start);
    HOLDS(c.fresh_run_end(s) == end);
  }
  HOLDS((c.stale() != nullptr) == any_stale);
}
void check_hole(const Coverage& c, const Model& m, std::int64_t from, std::int64_t to) {
  std::int64_t hi = to;
  while (hi >= from && m.stale[static_cast<std::size_t>(hi)] >= 0) --hi;
  std::int64_t lo = hi;
  while (lo > from && m.stale[static_cast<std::size_t>(lo - 1)] < 0) --lo;
  const auto hole = c.hole(from, to);
  HOLDS(hole.has_value() == (hi >= from));
  if (hole) HOLDS(hole->lo == lo && hole->hi == hi);
}
void change(fuzz::Input& in, Coverage& c, Model& m) {
  const auto place = [&] { return static_cast<std::int64_t>(in.below(kSeqs + 1)); };
  switch (in.below(5)) {
    case 0: {
      const auto lo = place(), hi = place();
      c.add(lo, hi);
      for (auto s = lo; s <= hi; ++s) m.stale[static_cast<std::size_t>(s)] = 0;
      break;
    }
    case 1: {
      const auto s = place();
      c.post(s);
      if (m.stale[static_cast<std::size_t>(s)] < 0) m.stale[static_cast<std::size_t>(s)] = 0;
      break;
    }
    case 2: {
      const auto lo = place(), hi = place(), since = place();
      c.refresh(lo, hi, since);
      for (auto s = lo; s <= hi; ++s)
        if (auto& stale = m.stale[static_cast<std::size_t>(s)]; stale >= since) stale = 0;
      break;
    }
    case 3: {
      const auto seq = place();
      c.drop_below(seq);
      std::fill_n(m.stale.begin(), seq, -1);
      break;
    }
    default: {
      const auto rev = 1 + place();
      c.mark_stale(rev);
      for (auto& s : m.stale)
        if (s >= 0) s = s == 0 ? rev : std::min(s, rev);
    }
  }
}
}  // namespace

FUZZ_TARGET(coverage) {
  fuzz::Input in(bytes);
  Coverage c;
  Model m;
  for (int n = 0; n < 24 && !in.empty(); ++n) {
    change(in, c, m);
    check_ranges(c);
  }
  check_places(c, m);
  check_hole(c, m, static_cast<std::int64_t>(in.below(kSeqs + 1)), static_cast<std::int64_t>(in.below(kSeqs + 1)));
  const Coverage again(c.ranges());
  HOLDS(again.ranges() == c.ranges());
}
