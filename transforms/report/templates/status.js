// Fetch this page again every five seconds and put its content in place; say so when that fails.
document.addEventListener("DOMContentLoaded", () => {
  const every = 5000;
  const again = async () => {
    const told = document.getElementById("told");
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
      told.textContent = "";
    } catch (error) {
      told.textContent = `Not refreshed: the listener does not answer (${error.message}). Trying again.`;
    }
    setTimeout(again, every);
  };
  setTimeout(again, every);
});
