/** Sends JSON to the site. */

/** POST `body`; returns `{response, data}`, data null where the answer is no JSON. Raises offline. */
export async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": readCookie("csrftoken"),
    },
    body: JSON.stringify(body),
    keepalive: true,
    redirect: "manual",
  });
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  return { response, data: isJson ? await response.json() : null };
}

/** Get the cookie that guards forms anew, as after all cookies were cleared: any page brings it. */
export async function renewToken() {
  await fetch(window.location.href, { headers: { Accept: "text/html" } });
}

export function readCookie(name) {
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
