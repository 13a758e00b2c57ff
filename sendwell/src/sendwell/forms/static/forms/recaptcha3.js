// reCAPTCHA v3 shows nothing: it gives a token right before the form is sent.
(function () {
  "use strict";
  const form = document.querySelector("form[data-recaptcha3]");
  form.addEventListener("submit", function (event) {
    if (form.dataset.ready) return;
    event.preventDefault();
    window.grecaptcha.ready(function () {
      window.grecaptcha.execute(form.dataset.recaptcha3, { action: form.dataset.action }).then(function (token) {
        form.querySelector("[name=g-recaptcha-response]").value = token;
        form.dataset.ready = "1";
        form.submit();
      });
    });
  });
})();
