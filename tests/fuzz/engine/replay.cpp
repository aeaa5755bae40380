// Runs every target over the inputs that are kept for it: fuzz_corpus DIRECTORY [TARGET]. What was found once stays found.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>
#include "tests/fuzz/engine/fuzz.hpp"

namespace {
using fechatter::fuzz::Registered;

// Copied to the byte, so that the sanitizer sees a read past the end.
void run(const Registered& target, const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  std::fprintf(stderr, "%s %s\n", target.name, file.filename().c_str());
  target.run({bytes.data(), bytes.size()});
}
std::size_t run_all(const Registered& target, const std::filesystem::path& corpus) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(corpus))
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) run(target, file);
  return files.size();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s DIRECTORY [TARGET]\n", argv[0]), 2;
  int failed = 0, targets = 0;
  for (const Registered* target = Registered::first; target; target = target->next) {
    if (argc > 2 && std::string_view(argv[2]) != target->name) continue;
    const std::size_t inputs = run_all(*target, std::filesystem::path(argv[1]) / target->name);
    std::printf("%-16s %zu inputs\n", target->name, inputs);
    failed += inputs == 0, ++targets;  // a target without inputs is not tested here
  }
  return failed > 0 || targets == 0;
}
