#include "serve/providers/hidden_secrets.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(HiddenSecrets, AreReplacedWhereverTheyStand) {
  const HiddenSecrets secrets({"sk-12345678", "sk-12345678-longer"});
  EXPECT_EQ(secrets.hide("Incorrect API key: sk-12345678."), "Incorrect API key: [hidden].");
  EXPECT_EQ(secrets.hide("sk-12345678sk-12345678-longer"), "[hidden][hidden]");
  EXPECT_EQ(secrets.hide("sk-1234567"), "sk-1234567");
  EXPECT_EQ(secrets.hide(""), "");
}

TEST(HiddenSecrets, WhatIsShortIsAWord) {
  EXPECT_EQ(HiddenSecrets({"EMPTY", ""}).hide("the request is EMPTY"), "the request is EMPTY");
}

}  // namespace
}  // namespace ferry
