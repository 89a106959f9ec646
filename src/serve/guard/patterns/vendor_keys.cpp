// Forms as the vendors' own documentation and GitHub's list of secret scanning patterns have them.

#include "serve/guard/patterns/vendor_keys.h"

#include <array>

namespace ferry {
namespace {

constexpr auto kKeys = std::to_array<VendorKey>({
    {"anthropic", "sk-ant-[A-Za-z0-9_-]{20,}"},
    {"openrouter", "sk-or-[A-Za-z0-9_-]{20,}"},
    {"openai", "sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}"},
    {"ferry", "fk_[0-9A-Za-z]{43}"},
    {"groq", "gsk_[A-Za-z0-9]{40,}"},
    {"xai", "xai-[A-Za-z0-9]{60,}"},
    {"perplexity", "pplx-[A-Za-z0-9]{40,}"},
    {"replicate", "r8_[A-Za-z0-9]{37}"},
    {"hugging_face", "(?:hf|api_org)_[A-Za-z0-9]{30,}"},
    {"nvidia", "nvapi-[A-Za-z0-9_-]{40,}"},
    {"github", "gh[pousr]_[A-Za-z0-9]{36,}"},
    {"github", "github_pat_[A-Za-z0-9_]{22,}"},
    {"gitlab", "gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_-]{20,}"},
    {"aws_access_key", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"},
    {"aws_secret_key",
     "(?i)aws_?(?:secret)?_?(?:access)?_?key[\"']?\\s{0,3}[:=]\\s{0,3}[\"']?[a-z0-9/+]{40}"},
    {"google", "AIza[A-Za-z0-9_-]{35}"},
    {"google_oauth", "GOCSPX-[A-Za-z0-9_-]{28}"},
    {"google_oauth", "ya29\\.[A-Za-z0-9_-]{20,}"},
    {"azure", "(?i)(?:AccountKey|SharedAccessKey)=[a-z0-9+/]{40,}={0,2}"},
    {"slack", "xox[abeoprs]-[A-Za-z0-9-]{10,}"},
    {"slack", "xapp-[0-9]-[A-Za-z0-9-]{20,}"},
    {"slack_webhook", "https://hooks\\.slack\\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}"},
    {"stripe", "[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"},
    {"stripe", "whsec_[A-Za-z0-9+/=]{24,}"},
    {"sendgrid", "SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,64}"},
    {"mailgun", "key-[0-9a-f]{32}"},
    {"twilio", "SK[0-9a-f]{32}"},
    {"telegram", "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"},
    {"npm", "npm_[A-Za-z0-9]{36}"},
    {"pypi", "pypi-[A-Za-z0-9_-]{50,}"},
    {"docker", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"},
    {"digitalocean", "do[opr]_v1_[a-f0-9]{64}"},
    {"databricks", "dapi[a-f0-9]{32}"},
    {"shopify", "shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"},
    {"atlassian", "ATATT3[A-Za-z0-9_=-]{50,}"},
    {"linear", "lin_(?:api|oauth)_[A-Za-z0-9]{32,}"},
    {"notion", "ntn_[A-Za-z0-9]{40,}"},
    {"vault", "hv[sbr]\\.[A-Za-z0-9_-]{24,}"},
    {"age", "AGE-SECRET-KEY-1[A-Z0-9]{58}"},
    {"assigned_password", "(?i)(?:password|passwd|pwd)=[^\\s\"';&<>]{4,}", Confidence::likely},
    {"assigned_secret",
     "(?i)(?:password|passwd|secret|api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret)"
     "[\"']?\\s{0,3}[:=]\\s{0,3}[\"'][^\\s\"']{6,}[\"']",
     Confidence::likely},
});

}  // namespace

std::span<const VendorKey> vendor_keys() {
  return kKeys;
}

}  // namespace ferry
