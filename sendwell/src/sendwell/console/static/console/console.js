// Small behaviours for all console pages: confirmation, no double submit, copy, closing and character counts.
(function () {
  "use strict";
  // <form data-confirm="Really?"> asks before it is sent.
  // A form is sent once: its buttons rest until the answer is here.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    const question = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      form.dataset.sent = "1";
      window.setTimeout(function () {
        form.querySelectorAll("button[type=submit], button:not([type])").forEach(function (b) { b.disabled = true; });
      }, 0);
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach(function (b) { b.disabled = false; });
    });
  });
  // <button data-copy="#id"> copies that element's text or value.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    const source = document.querySelector(button.dataset.copy);
    navigator.clipboard.writeText("value" in source ? source.value : source.textContent.trim()).then(function () {
      const label = button.querySelector("[data-copy-label]") || button;
      const before = label.textContent;
      label.textContent = "Copied";
      window.setTimeout(function () { label.textContent = before; }, 1500);
    });
  });
  // <tr data-href="/x"> opens the row's page; the link inside stays for keyboards.
  document.addEventListener("click", function (event) {
    const row = event.target.closest("[data-href]");
    if (row && !event.target.closest("a, button, input, select, label") && !window.getSelection().toString()) {
      window.location = row.dataset.href;
    }
  });
  // <textarea data-count="#id"> writes its length in code points into #id.
  function count(field) {
    const target = document.querySelector(field.dataset.count);
    if (target) target.textContent = Array.from(field.value).length.toLocaleString("en");
  }
  document.addEventListener("input", function (event) { if (event.target.matches("[data-count]")) count(event.target); });
  document.querySelectorAll("[data-count]").forEach(count);
})();
