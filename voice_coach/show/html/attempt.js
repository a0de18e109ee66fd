"use strict";
(() => {
  const audio = document.getElementById("audio");
  const places = [...document.querySelectorAll("[data-at]")];
  const seconds = (element) => Number(element.dataset.at);
  if (!audio) {
    return;
  }
  const words = [...document.querySelectorAll(".w[data-at]")];
  const starts = words.map(seconds);
  const evidence = [...new Set(places.filter((place) => "evidence" in place.dataset).map(seconds))].sort((a, b) => a - b);
  const head = document.getElementById("head");
  const play = document.getElementById("play");
  const lead = 0.2; // the first word is heard whole
  let lit = null;

  const jump = (at, begin = true) => {
    audio.currentTime = Math.max(0, at);
    if (begin) {
      audio.play().catch(() => {}); // a browser may want a click first; the place is right all the same
    }
    show();
  };
  const toggle = () => (audio.paused ? audio.play().catch(() => {}) : audio.pause());
  const step = (by) => jump(audio.currentTime + by, !audio.paused);
  const next = () => {
    const at = evidence.find((start) => start > audio.currentTime + lead + 0.05);
    if (at !== undefined) {
      jump(at - lead);
    }
  };
  const previous = () => {
    const before = evidence.filter((start) => start < audio.currentTime - 1);
    jump((before.at(-1) ?? 0) - lead);
  };
  const ground = (number) => {
    const own = places.filter((place) => place.dataset.key === number).map(seconds);
    if (own.length) {
      jump((own.find((start) => start > audio.currentTime + lead + 0.05) ?? own[0]) - lead);
    }
  };

  // The last word that began is the one that is heard, or was last.
  const heard = (at) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low ? words[low - 1] : null;
  };
  const show = () => {
    const word = heard(audio.currentTime + 0.02);
    if (word !== lit) {
      lit?.classList.remove("now");
      word?.classList.add("now");
      lit = word;
    }
    if (head && audio.duration) {
      head.style.left = `${(100 * audio.currentTime) / audio.duration}%`;
    }
  };
  const follow = () => {
    show();
    if (!audio.paused) {
      requestAnimationFrame(follow);
    }
  };

  audio.addEventListener("play", () => {
    play.textContent = "Pause";
    follow();
  });
  audio.addEventListener("pause", () => {
    play.textContent = "Play";
  });
  audio.addEventListener("seeked", show);
  audio.addEventListener("timeupdate", show);
  play.addEventListener("click", toggle);
  document.getElementById("back").addEventListener("click", () => step(-5));
  document.getElementById("ahead").addEventListener("click", () => step(5));
  document.getElementById("next").addEventListener("click", next);
  document.getElementById("previous").addEventListener("click", previous);
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-at]");
    if (place) {
      if (place.tagName === "A") {
        event.preventDefault();
      }
      jump(seconds(place) - (place.classList.contains("w") ? 0 : lead));
    }
  });
  document.addEventListener("keydown", (event) => {
    const on = event.target;
    if (event.ctrlKey || event.altKey || event.metaKey || on === audio) {
      return;
    }
    const key = event.key;
    if (key === " " && on.closest("button, a, summary")) {
      return; // there, space is theirs
    }
    const actions = { " ": toggle, ArrowLeft: () => step(-5), ArrowRight: () => step(5), n: next, p: previous };
    const action = actions[key] ?? (/^[1-9]$/.test(key) ? () => ground(key) : null);
    if (action) {
      event.preventDefault();
      action();
    }
  });
  const linked = () => {
    const word = document.getElementById(location.hash.slice(1));
    if (word?.dataset.at) {
      jump(seconds(word), false);
    }
  };
  audio.addEventListener("loadedmetadata", linked, { once: true });
  if (audio.readyState) {
    linked();
  }
})();
