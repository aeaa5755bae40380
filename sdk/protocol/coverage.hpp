// Which ranges of a chat's history are held, and which of those may lack changes.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace fechatter {

/// Seqs lo..hi are held. stale_rev > 0: changes after that rev may be missing; 0: fresh.
struct HeldRange {
  std::int64_t lo = 0, hi = 0, stale_rev = 0;
  bool fresh() const { return stale_rev == 0; }
  bool operator==(const HeldRange&) const = default;
};

/// Disjoint, ascending. Neighbours of the same kind are one.
class Coverage {
 public:
  Coverage() = default;
  explicit Coverage(std::vector<HeldRange> ranges);
  const std::vector<HeldRange>& ranges() const { return ranges_; }

  const HeldRange* at(std::int64_t seq) const;                ///< null: not held
  bool fresh_at(std::int64_t seq) const;
  /// A page: [lo, hi] is held and fresh now, whatever it was.
  void add(std::int64_t lo, std::int64_t hi);
  /// All changes after `since` of what is held in [lo, hi]: fresh now, where nothing before them may be missing. What is not held stays so.
  void refresh(std::int64_t lo, std::int64_t hi, std::int64_t since);
  /// What is below `seq` is not held any more.
  void drop_below(std::int64_t seq);
  /// A message that was just posted. Nothing when it is held already.
  void post(std::int64_t seq);
  /// Everything may lack changes after `rev`; what was stale from an earlier rev stays so.
  void mark_stale(std::int64_t rev);
  /// The lowest seq of the run of held rows that ends at `seq`, whatever their freshness; seq + 1 when it is not held.
  std::int64_t run_start(std::int64_t seq) const;
  /// The highest seq of the fresh run that starts at `seq`; seq - 1 when it is not fresh.
  std::int64_t fresh_run_end(std::int64_t seq) const;
  /// The highest hole within [from, to]: what to fetch next to hold everything.
  std::optional<HeldRange> hole(std::int64_t from, std::int64_t to) const;
  const HeldRange* stale() const;                             ///< the newest stale range; null: none

 private:
  void normalise();
  std::vector<HeldRange> ranges_;
};

}  // namespace fechatter
