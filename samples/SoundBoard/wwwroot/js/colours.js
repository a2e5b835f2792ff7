// The theme of the page, and the colours of the spectrogram for it.
const STOPS = {
  dark: ["#0a1012", "#12303a", "#1f6673", "#4d9a8c", "#d7a45c", "#ff8a5c", "#fff3e2"],
  light: ["#efebe2", "#dfd3bd", "#e3ac7d", "#d2693f", "#9b3341", "#4c2147", "#1a1026"],
};
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const ICONS = {
  auto: '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>',
  light: '<circle cx="12" cy="12" r="4"/><path d="M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400"/>',
  dark: '<path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z"/>',
};
const NAMES = { auto: "system", light: "light", dark: "dark" };

const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => document.documentElement.dataset.theme ?? "auto";

export const isDark = () => chosen() === "auto" ? system.matches : chosen() === "dark";

/** 256 colours as red, green, blue. */
export const spectrogramColours = () => {
  const stops = STOPS[isDark() ? "dark" : "light"].map(hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)));
  return Uint8ClampedArray.from({ length: 256 * 3 }, (_, i) => {
    const place = Math.floor(i / 3) / 255 * (stops.length - 1);
    const low = Math.min(Math.floor(place), stops.length - 2);
    return stops[low][i % 3] + (stops[low + 1][i % 3] - stops[low][i % 3]) * (place - low);
  });
};

/** Sets up the button that changes the theme. The choice is stored; `changed` is called after each change. */
export const setUpTheme = (button, changed) => {
  const apply = theme => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[theme]}</svg>`;
    button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
    button.title = `Colours: ${NAMES[theme]}`;
    changed();
  };
  const stored = localStorage.getItem("theme");
  apply(stored in NEXT ? stored : "auto");
  button.addEventListener("click", () => {
    const theme = NEXT[chosen()];
    localStorage.setItem("theme", theme);
    apply(theme);
  });
  system.addEventListener("change", changed);
};
