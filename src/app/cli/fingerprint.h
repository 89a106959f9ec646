#pragma once

#include <string>

#include "infer/host/host.h"

namespace ferry::cli {

// OpenAI's system_fingerprint: the same as long as equal requests with a seed get equal answers. Made from
// Ferry's version, the kernel table, the number formats, and the files' names, sizes and dates.
std::string fingerprint(const HostedModel& model, const EngineSettings& settings);

}  // namespace ferry::cli
