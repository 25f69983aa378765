// Loads the page anew for as long as something on it is still running.

if (document.querySelector("[data-pending]")) setTimeout(() => location.reload(), 1500);
