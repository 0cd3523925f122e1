from django.http import HttpResponse
def collection(request, name):
    return HttpResponse(name)
