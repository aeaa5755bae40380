// libFuzzer's entry: the one target of this program.
#include "tests/fuzz/engine/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fechatter::fuzz::Registered::first->run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
