#include "serve/route/language.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace ferry {
namespace {

struct Sample {
  std::string_view language;
  std::string_view text;
};

TEST(Language, IsToldByScriptAndFrequentWords) {
  const Sample samples[] = {
      {"en", "How can I reset the password of my account? I have tried this twice and it does not work."},
      {"de", "Wie kann ich das Passwort für mein Konto zurücksetzen? Ich habe es schon zweimal versucht."},
      {"fr", "Comment puis-je réinitialiser le mot de passe de mon compte ? Je ne sais pas où il est."},
      {"es", "¿Cómo puedo restablecer la contraseña de mi cuenta? No sé por qué no funciona desde ayer."},
      {"it",
       "Come posso reimpostare la password del mio conto? Non so più che cosa fare con questo problema."},
      {"pt",
       "Como posso redefinir a senha da minha conta? Já tentei duas vezes e não funciona, você pode ajudar?"},
      {"nl",
       "Hoe kan ik het wachtwoord van mijn account opnieuw instellen? Ik heb het al twee keer geprobeerd."},
      {"sv",
       "Hur kan jag återställa lösenordet för mitt konto? Jag har försökt två gånger och det går inte."},
      {"da",
       "Hvordan kan jeg nulstille adgangskoden til min konto? Jeg har prøvet to gange nu, hvad skal jeg gøre "
       "fra nu af?"},
      {"fi",
       "Miten voin palauttaa tilini salasanan? Olen yrittänyt sitä jo kaksi kertaa, mutta se ei toimi nyt."},
      {"pl",
       "Jak mogę zresetować hasło do mojego konta? Już dwa razy się nie udało i nie wiem, co jest źle."},
      {"cs",
       "Jak si můžu obnovit heslo ke svému účtu? Už jsem to zkusil dvakrát, ale ne a ne se to podařit."},
      {"tr",
       "Hesabımın şifresini nasıl sıfırlayabilirim? Bunu iki kere denedim ama olmadı, ne kadar beklemem "
       "gerek?"},
      {"ro",
       "Cum pot să resetez parola contului meu? Am încercat de două ori și nu a mers, ce este de făcut?"},
      {"hu",
       "Hogyan állíthatom vissza a fiókom jelszavát? Már kétszer próbáltam, de nem sikerült, és nem tudom, "
       "mi az ok."},
      {"id",
       "Bagaimana saya bisa mengatur ulang kata sandi akun saya? Saya sudah mencoba dan tidak berhasil."},
      {"vi", "Làm thế nào để tôi có thể đặt lại mật khẩu của tài khoản? Tôi đã thử và không được."},
      {"ru", "Как я могу сбросить пароль своей учётной записи? Я пробовал уже два раза, и это не помогло."},
      {"uk", "Як я можу скинути пароль свого облікового запису? Я вже двічі намагався, і це не допомогло."},
      {"bg",
       "Как мога да сменя паролата на своя профил? Опитах вече два пъти, но това не помогна и не знам защо."},
      {"sr", "Како могу да поставим нову лозинку за свој налог? Већ сам покушао два пута и није успело."},
      {"el", "Πώς μπορώ να επαναφέρω τον κωδικό του λογαριασμού μου;"},
      {"ar", "كيف يمكنني إعادة تعيين كلمة المرور الخاصة بحسابي؟"},
      {"fa", "چگونه می‌توانم گذرواژهٔ حساب خود را بازنشانی کنم؟"},
      {"he", "איך אפשר לאפס את הסיסמה של החשבון שלי?"},
      {"hi", "मैं अपने खाते का पासवर्ड कैसे बदल सकता हूँ?"},
      {"th", "ฉันจะรีเซ็ตรหัสผ่านบัญชีของฉันได้อย่างไร"},
      {"ko", "계정 비밀번호를 어떻게 재설정할 수 있나요?"},
      {"ja", "アカウントのパスワードを再設定するにはどうすればいいですか。"},
      {"zh", "如何重置我的账户密码？我试了两次都不行。"},
      {"zh", "请用 Python 写一个函数，把列表按日期排序。"},
      {"ru", "Как настроить Kubernetes ingress для моего сервиса, чтобы он работал через HTTPS?"},
  };
  for (const Sample& sample : samples)
    EXPECT_EQ(detect_language(sample.text), sample.language) << sample.text;
}

TEST(Language, SaysNothingWhereItIsNotSure) {
  for (const std::string_view text :
       {"", "ok", "Berlin", "1234567890 !!! 3.14", "for (int i = 0; i < n; ++i) x[i] += y;",
        "\xff\xfe\x80\x81\x82", "Tokyo Paris Madrid London Oslo Wien Rom Prag"}) {
    EXPECT_EQ(detect_language(text), "") << text;
  }
}

TEST(Language, LongTextsCostNoMoreThanTheirBeginning) {
  std::string text;
  while (text.size() < 4096) text += "the house and the garden of my friend is not what you think it was ";
  EXPECT_EQ(detect_language(text), "en");
  const std::string german = "der die und das ist nicht ein auf mit von zu dem ";
  for (int i = 0; i < 1000; ++i) text += german;
  EXPECT_EQ(detect_language(text), "en");
}

TEST(Language, CodesAreSortedAndUnique) {
  const auto codes = known_languages();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

}  // namespace
}  // namespace ferry
